"""What each function of a MapReduce may do, written out.

Where a statement ends in `*`, the part behind it is chosen when a job runs: the job's id, a task's number, an input's
key. Within a bucket, each function writes only where its own results go.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from refarch._shared.acknowledge import acknowledge, acknowledge_wildcards, principal_scope
from refarch.mapreduce.props import MapReduceInput

# Why a statement needs its `*`; for who runs cdk-nag (`refarch._shared.acknowledge`).
_WILDCARDS = {
    "ReadInputs": "Which objects of an input are read is chosen when a job runs; bucket and prefix are fixed here",
    "ReadJobs": "Job ids and task numbers are made when a job runs; the two folders of the job bucket are fixed here",
    "WriteResults": "Job ids and task numbers are made when a job runs; each function writes below its own paths only",
    "RemoveOwnObjects": "Job ids and task numbers are made when a job runs; only what the function itself wrote",
}
_RUN = "Job ids and input keys are chosen when a job runs; the two folders of the job bucket and the inputs are fixed"
_INTERFACES = "Lambda makes the network interfaces with this role; their ids do not exist before (only with a VPC)"
_TRACES = "X-Ray's actions for sending traces know no resources (only with tracing)"


def function_role(scope: Construct, id: str, log_group: logs.ILogGroup, *, in_vpc: bool, tracing: bool) -> iam.Role:
    """A role that may write to its own log group, and nothing else yet."""
    role = iam.Role(scope, id, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    role.add_to_policy(
        # The streams of the group are named by Lambda.
        iam.PolicyStatement(
            sid="WriteOwnLogs",
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[f"{log_group.log_group_arn}"],
        )
    )
    if in_vpc:
        role.add_to_policy(_network_interfaces())
        acknowledge(role, "Gates::IAM-RESOURCE-WILDCARD", _INTERFACES)
    # aws_lambda.Function itself adds the statement for traces.
    reasons = [reason for wanted, reason in ((in_vpc, _INTERFACES), (tracing, _TRACES)) if wanted]
    if reasons:
        acknowledge(role, "AwsSolutions-IAM5[Resource::*]", "; ".join(reasons))
    return role


def allow(role: iam.Role, statements: Sequence[iam.PolicyStatement]) -> None:
    """Adds statements to a function's role, and says why they have the wildcards that they have."""
    for statement in statements:
        role.add_to_policy(statement)
        if reason := _WILDCARDS.get(statement.sid or ""):
            acknowledge_wildcards(role, statement, reason)


def _network_interfaces() -> iam.PolicyStatement:
    """Lambda makes the function's network interfaces with the function's role; their ids do not exist before."""
    return iam.PolicyStatement(
        sid="NetworkInterfacesOfTheVpc",
        actions=[
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:UnassignPrivateIpAddresses",
        ],
        resources=["*"],
    )


def read_inputs(inputs: Sequence[MapReduceInput], sid: str | None = "ReadInputs") -> list[iam.PolicyStatement]:
    """Reading the objects of the inputs; which of them is a job's own choice."""
    return [
        iam.PolicyStatement(
            sid=sid,
            actions=["s3:GetObject"],
            resources=[each.bucket.arn_for_objects(f"{each.prefix}*") for each in inputs],
        )
    ]


def job_folder(
    bucket: s3.IBucket, prefix: str, *, writes: Sequence[str], deletes: Sequence[str]
) -> list[iam.PolicyStatement]:
    """Reading the job folders, and writing below `writes`.

    Listing is of the whole bucket: without it, S3 answers "forbidden" instead of "not found" where an object is
    missing, and a request for one object carries no prefix to bind the permission to.
    """
    return [
        iam.PolicyStatement(sid="FindObjects", actions=["s3:ListBucket"], resources=[bucket.bucket_arn]),
        iam.PolicyStatement(
            sid="ReadJobs",
            actions=["s3:GetObject"],
            resources=[bucket.arn_for_objects(f"{prefix}{folder}/*") for folder in ("jobs", "shuffle")],
        ),
        iam.PolicyStatement(
            sid="WriteResults",
            actions=["s3:PutObject", "s3:AbortMultipartUpload"],
            resources=[bucket.arn_for_objects(prefix + path) for path in writes],
        ),
        iam.PolicyStatement(
            sid="RemoveOwnObjects",
            actions=["s3:DeleteObject"],
            resources=[bucket.arn_for_objects(prefix + path) for path in deletes],
        ),
    ]


def coordinate(bucket: s3.IBucket, prefix: str, tasks: list[str], queue_arn: str) -> list[iam.PolicyStatement]:
    """Keeping the state of jobs, writing the reducers' inputs, starting the functions `tasks`, and waking itself."""
    states = ["jobs/*/mapperstate", "jobs/*/reducerstate.*", "jobs/*/failure", "jobs/*/report"]
    folder = job_folder(
        bucket,
        prefix,
        writes=[*states, "shuffle/*/reducer/*"],
        deletes=["jobs/*/failure", "jobs/*/report"],
    )
    return [
        *folder,
        iam.PolicyStatement(sid="StartTasks", actions=["lambda:InvokeFunction"], resources=tasks),
        iam.PolicyStatement(sid="WakeItself", actions=["sqs:SendMessage"], resources=[queue_arn]),
    ]


def grant_keys(role: iam.IGrantable, reads: Sequence[s3.IBucket], writes: Sequence[s3.IBucket]) -> None:
    """Use of the customer managed keys of encrypted buckets, where there are any.

    What S3 needs and no more: the key's own `grant_encrypt_decrypt` would allow `kms:ReEncrypt*` besides.
    """
    for buckets, actions in ((reads, ["kms:Decrypt"]), (writes, ["kms:Decrypt", "kms:GenerateDataKey"])):
        for bucket in buckets:
            if bucket.encryption_key is not None:
                bucket.encryption_key.grant(role, *actions)


def grant_run(
    grantee: iam.IGrantable, bucket: s3.IBucket, prefix: str, inputs: Sequence[MapReduceInput], stack: Stack
) -> None:
    """What a person or a pipeline needs to run jobs with the driver."""
    scope = principal_scope(grantee)
    for statement in _run_statements(bucket, prefix, inputs, stack):
        grantee.grant_principal.add_to_principal_policy(statement)
        if scope is not None:
            acknowledge_wildcards(scope, statement, _RUN)
    grant_keys(grantee, [each.bucket for each in inputs], [bucket])


def _run_statements(
    bucket: s3.IBucket, prefix: str, inputs: Sequence[MapReduceInput], stack: Stack
) -> list[iam.PolicyStatement]:
    """Without sids, which are unique in a policy: a role that runs jobs of several constructs gets these for each."""
    return [
        iam.PolicyStatement(actions=["cloudformation:DescribeStacks"], resources=[stack.stack_id]),
        iam.PolicyStatement(
            actions=["s3:ListBucket"], resources=[bucket.bucket_arn, *(each.bucket.bucket_arn for each in inputs)]
        ),
        *read_inputs(inputs, sid=None),
        iam.PolicyStatement(
            actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            resources=[bucket.arn_for_objects(f"{prefix}{folder}/*") for folder in ("jobs", "shuffle")],
        ),
    ]
