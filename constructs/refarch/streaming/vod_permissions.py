"""What workers may do, written out."""

from __future__ import annotations

from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from refarch._shared.acknowledge import answer, wildcards
from refarch._shared.reads import objects_arn, read, stack_of
from refarch._shared.written_role import Statement, document

_OBJECTS = "Names of objects are made by whoever uploads, and by each video: the wildcard ends at this system's bucket"
_GROUPS = "The action knows no resources; it tells a worker which group its own instance is in"
_GROUP_ID = "An ARN of a group has a random part that nobody knows before; the name after it is this group's"


def work(*, ingest: s3.IBucket, egress: s3.IBucket, queue: sqs.IQueue) -> list[Statement]:
    """Read sources, write videos, work through the queue. Nothing is deleted but messages."""
    buckets = [read(ingest, "bucket_arn"), read(egress, "bucket_arn")]
    return [
        Statement(sid="ReadSources", actions=["s3:GetObject"], resources=[objects_arn(ingest, "*")], why=_OBJECTS),
        Statement(
            sid="PublishVideos",
            actions=["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
            resources=[objects_arn(egress, "vod/*")],
            why=_OBJECTS,
        ),
        # Also: without it S3 says "forbidden" of an object that is not there.
        Statement(sid="SeeWhatIsThere", actions=["s3:ListBucket"], resources=buckets),
        Statement(
            sid="WorkThroughTheQueue",
            actions=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"],
            resources=[read(queue, "queue_arn")],
        ),
    ]


def allow_protection(role: iam.Role, group: autoscaling.AutoScalingGroup) -> None:
    """Keep the group from taking a worker at work. A policy of its own, as the group needs the role first."""
    partition, region, account = (read(stack_of(group), name) for name in ("partition", "region", "account"))
    name = f"autoScalingGroup:*:autoScalingGroupName/{read(group, 'auto_scaling_group_name')}"
    protect = Statement(
        sid="KeepWorkersAtWork",
        actions=["autoscaling:SetInstanceProtection"],
        resources=[f"arn:{partition}:autoscaling:{region}:{account}:{name}"],
        why=_GROUP_ID,
    )
    find = Statement(sid="FindTheGroup", actions=["autoscaling:DescribeAutoScalingInstances"], resources=["*"])
    policy = iam.Policy(group, "Protection", document=document([protect, find]), roles=[role])
    answer(policy, [*wildcards(group, [protect]), ("AwsSolutions-IAM5[Resource::*]", _GROUPS)])
