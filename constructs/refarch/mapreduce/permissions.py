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

from refarch.mapreduce.props import MapReduceInput


def function_role(scope: Construct, id: str, log_group: logs.ILogGroup, *, in_vpc: bool) -> iam.Role:
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
    return role


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


def read_inputs(inputs: Sequence[MapReduceInput]) -> list[iam.PolicyStatement]:
    """Reading the objects of the inputs; which of them is a job's own choice."""
    return [
        iam.PolicyStatement(
            sid="ReadInputs",
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


def grant_keys(role: iam.IGrantable, reads: Sequence[s3.IBucket], writes: Sequence[s3.IBucket]) -> None:
    """Use of the customer managed keys of encrypted buckets, where there are any."""
    for bucket in reads:
        if bucket.encryption_key is not None:
            bucket.encryption_key.grant_decrypt(role)
    for bucket in writes:
        if bucket.encryption_key is not None:
            bucket.encryption_key.grant_encrypt_decrypt(role)


def run_statements(
    bucket: s3.IBucket, prefix: str, inputs: Sequence[MapReduceInput], stack: Stack
) -> list[iam.PolicyStatement]:
    """What a person or a pipeline needs to run jobs with the driver."""
    return [
        iam.PolicyStatement(actions=["cloudformation:DescribeStacks"], resources=[stack.stack_id]),
        iam.PolicyStatement(
            actions=["s3:ListBucket"], resources=[bucket.bucket_arn, *(each.bucket.bucket_arn for each in inputs)]
        ),
        *read_inputs(inputs),
        iam.PolicyStatement(
            actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            resources=[bucket.arn_for_objects(f"{prefix}{folder}/*") for folder in ("jobs", "shuffle")],
        ),
    ]
