"""What workers may do, written out."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sqs as sqs

from refarch._shared.acknowledge import acknowledge, acknowledge_wildcards

_OBJECTS = "Names of objects are made by whoever uploads, and by each video: the wildcard ends at this system's bucket"
_GROUPS = "The action knows no resources; it tells a worker which group its own instance is in"
_GROUP_ID = "An ARN of a group has a random part that nobody knows before; the name after it is this group's"


def allow_work(role: iam.Role, *, ingest: s3.IBucket, egress: s3.IBucket, queue: sqs.IQueue) -> None:
    """Read sources, write videos, work through the queue. Nothing is deleted but messages."""
    statements = [
        iam.PolicyStatement(sid="ReadSources", actions=["s3:GetObject"], resources=[ingest.arn_for_objects("*")]),
        iam.PolicyStatement(
            sid="PublishVideos",
            actions=["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
            resources=[egress.arn_for_objects("vod/*")],
        ),
        # Also: without it S3 says "forbidden" of an object that is not there.
        iam.PolicyStatement(
            sid="SeeWhatIsThere", actions=["s3:ListBucket"], resources=[ingest.bucket_arn, egress.bucket_arn]
        ),
        iam.PolicyStatement(
            sid="WorkThroughTheQueue",
            actions=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"],
            resources=[queue.queue_arn],
        ),
    ]
    for statement in statements:
        role.add_to_policy(statement)
        acknowledge_wildcards(role, statement, _OBJECTS)


def allow_program(role: iam.Role, program: assets.Asset) -> None:
    """Read the program at boot: this one file."""
    role.add_to_policy(
        iam.PolicyStatement(
            sid="FetchTheProgram",
            actions=["s3:GetObject"],
            resources=[program.bucket.arn_for_objects(program.s3_object_key)],
        )
    )


def allow_protection(role: iam.Role, group: autoscaling.AutoScalingGroup) -> None:
    """Keep the group from taking a worker at work. A policy of its own, as the group needs the role first."""
    stack = Stack.of(role)
    name = f"autoScalingGroup:*:autoScalingGroupName/{group.auto_scaling_group_name}"
    resource = f"arn:{stack.partition}:autoscaling:{stack.region}:{stack.account}:{name}"
    protect = iam.PolicyStatement(
        sid="KeepWorkersAtWork", actions=["autoscaling:SetInstanceProtection"], resources=[resource]
    )
    find = iam.PolicyStatement(
        sid="FindTheGroup", actions=["autoscaling:DescribeAutoScalingInstances"], resources=["*"]
    )
    policy = iam.Policy(group, "Protection", statements=[protect, find], roles=[role])
    acknowledge_wildcards(policy, protect, _GROUP_ID)
    acknowledge(policy, "AwsSolutions-IAM5[Resource::*]", _GROUPS)
