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

from refarch._shared.acknowledge import answer, principal_scope, wildcards
from refarch._shared.reads import objects_arn, read, service
from refarch._shared.written_role import Statement, WrittenRole
from refarch.mapreduce.props import MapReduceInput

# Why a statement needs its `*`; for who runs cdk-nag (`refarch._shared.acknowledge`).
_ANY_INPUT = "Which objects of an input are read is chosen when a job runs; bucket and prefix are fixed here"
_ANY_JOB = "Job ids and task numbers are made when a job runs; "
_RESULTS = ("jobs/*/result", "jobs/*/result.json")
_TAKE_MESSAGES = (
    "sqs:ReceiveMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueUrl",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
)
_RUNTIME = (
    "The runtime is the prop `runtime`: its default is the one that engine, job code and layer are tested with, years "
    "before its end, and a newer one is a change that who owns the job's code decides on"
)
_RUN = "Job ids and input keys are chosen when a job runs; the two folders of the job bucket and the inputs are fixed"
_INTERFACES = "Lambda makes the network interfaces with this role; their ids do not exist before (only with a VPC)"
_TRACES = "X-Ray's actions for sending traces know no resources (only with tracing)"


def function_role(
    scope: Construct,
    id: str,
    log_group: logs.ILogGroup,
    statements: Sequence[Statement],
    *,
    in_vpc: bool,
    tracing: bool,
) -> WrittenRole:
    """A role that may write to its own log group, what `statements` allow, and nothing else. `scope`: what has one
    function and this role, and answers for both."""
    role = WrittenRole(scope, id, assumed_by=service("lambda.amazonaws.com"), answers_on=scope)
    # The streams of the group are named by Lambda.
    logs_of_its_own = Statement(
        sid="WriteOwnLogs",
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[log_group.log_group_arn],
    )
    answers = [("AwsSolutions-L1", _RUNTIME)]
    if in_vpc:
        answers.append(("Gates::IAM-RESOURCE-WILDCARD", _INTERFACES))
    # aws_lambda.Function itself adds the statement for traces.
    if reasons := [reason for wanted, reason in ((in_vpc, _INTERFACES), (tracing, _TRACES)) if wanted]:
        answers.append(("AwsSolutions-IAM5[Resource::*]", "; ".join(reasons)))
    role.allow([logs_of_its_own, *([_network_interfaces()] if in_vpc else []), *statements], answers)
    return role


def _network_interfaces() -> Statement:
    """Lambda makes the function's network interfaces with the function's role; their ids do not exist before."""
    return Statement(
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


def read_inputs(inputs: Sequence[MapReduceInput], sid: str = "ReadInputs", why: str = _ANY_INPUT) -> Statement:
    """Reading the objects of the inputs; which of them is a job's own choice."""
    return Statement(
        sid=sid,
        actions=["s3:GetObject"],
        resources=[objects_arn(each.bucket, f"{each.prefix}*") for each in inputs],
        why=why,
    )


def job_folder(bucket: s3.IBucket, prefix: str, *, writes: Sequence[str], deletes: Sequence[str]) -> list[Statement]:
    """Reading the job folders, and writing below `writes`.

    Listing is of the whole bucket: without it, S3 answers "forbidden" instead of "not found" where an object is
    missing, and a request for one object carries no prefix to bind the permission to.
    """
    return [
        Statement(sid="FindObjects", actions=["s3:ListBucket"], resources=[read(bucket, "bucket_arn")]),
        Statement(
            sid="ReadJobs",
            actions=["s3:GetObject"],
            resources=[objects_arn(bucket, f"{prefix}{folder}/*") for folder in ("jobs", "shuffle")],
            why=f"{_ANY_JOB}the two folders of the job bucket are fixed here",
        ),
        Statement(
            sid="WriteResults",
            actions=["s3:PutObject", "s3:AbortMultipartUpload"],
            resources=[objects_arn(bucket, prefix + path) for path in writes],
            why=f"{_ANY_JOB}each function writes below its own paths only",
        ),
        Statement(
            sid="RemoveOwnObjects",
            actions=["s3:DeleteObject"],
            resources=[objects_arn(bucket, prefix + path) for path in deletes],
            why=f"{_ANY_JOB}only what the function itself wrote",
        ),
    ]


def run_tasks(stage: str, bucket: s3.IBucket, prefix: str, inputs: Sequence[MapReduceInput]) -> list[Statement]:
    """What a `mapper` or a `reducer` does: read its part, write below its own paths, remove what it shuffled."""
    writes = [f"jobs/*/task/{stage}/*", *(_RESULTS if stage == "reducer" else ()), f"shuffle/*/{stage}/*"]
    reads = [read_inputs(inputs)] if stage == "mapper" else []
    return [*job_folder(bucket, prefix, writes=writes, deletes=writes[-1:]), *reads]


def coordinate(bucket: s3.IBucket, prefix: str, tasks: list[str], queue_arn: str) -> list[Statement]:
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
        Statement(sid="StartTasks", actions=["lambda:InvokeFunction"], resources=tasks),
        Statement(sid="WakeItself", actions=["sqs:SendMessage"], resources=[queue_arn]),
        Statement(actions=_TAKE_MESSAGES, resources=[queue_arn]),
    ]


def grant_keys(role: iam.IGrantable, reads: Sequence[s3.IBucket], writes: Sequence[s3.IBucket]) -> None:
    """Use of the customer managed keys of encrypted buckets, where there are any.

    What S3 needs and no more: the key's own `grant_encrypt_decrypt` would allow `kms:ReEncrypt*` besides.
    """
    for buckets, actions in ((reads, ["kms:Decrypt"]), (writes, ["kms:Decrypt", "kms:GenerateDataKey"])):
        for bucket in buckets:
            if (key := read(bucket, "encryption_key")) is not None:
                key.grant(role, *actions)


def grant_run(
    grantee: iam.IGrantable, bucket: s3.IBucket, prefix: str, inputs: Sequence[MapReduceInput], stack: Stack
) -> None:
    """What a person or a pipeline needs to run jobs with the driver."""
    statements = _run_statements(bucket, prefix, inputs, stack)
    for statement in statements:
        grantee.grant_principal.add_to_principal_policy(statement.as_statement())
    if (scope := principal_scope(grantee)) is not None:
        answer(scope, wildcards(scope, statements))
    grant_keys(grantee, [each.bucket for each in inputs], [bucket])


def _run_statements(bucket: s3.IBucket, prefix: str, inputs: Sequence[MapReduceInput], stack: Stack) -> list[Statement]:
    """Without sids, which are unique in a policy: a role that runs jobs of several constructs gets these for each."""
    buckets = [bucket, *(each.bucket for each in inputs)]
    return [
        Statement(actions=["cloudformation:DescribeStacks"], resources=[stack.stack_id]),
        Statement(actions=["s3:ListBucket"], resources=[read(each, "bucket_arn") for each in buckets]),
        read_inputs(inputs, sid="", why=_RUN),
        Statement(
            actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            resources=[objects_arn(bucket, f"{prefix}{folder}/*") for folder in ("jobs", "shuffle")],
            why=_RUN,
        ),
    ]
