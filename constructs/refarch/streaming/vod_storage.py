"""Buckets and queues of a `VodTranscoder`."""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as notifications
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from refarch._shared.acknowledge import acknowledge, acknowledge_notifications_handler
from refarch._shared.durations import days, seconds
from refarch._shared.reads import read
from refarch.streaming.vod_transcoder_props import VodTranscoderProps


def ingest_bucket(scope: Construct, id: str, props: VodTranscoderProps, removal_policy: RemovalPolicy) -> s3.Bucket:
    """Sources, kept unless asked otherwise. Only this system reads them."""
    return _bucket(scope, id, props, removal_policy, props.source_retention)


def egress_bucket(scope: Construct, id: str, props: VodTranscoderProps, removal_policy: RemovalPolicy) -> s3.Bucket:
    """Videos. Private as well: viewers come through CloudFront."""
    return _bucket(scope, id, props, removal_policy, None)


def _bucket(
    scope: Construct, id: str, props: VodTranscoderProps, removal_policy: RemovalPolicy, expiration: Duration | None
) -> s3.Bucket:
    rule = s3.LifecycleRule(abort_incomplete_multipart_upload_after=days(1), expiration=expiration)
    arguments: dict[str, Any] = {
        "block_public_access": read(s3.BlockPublicAccess, "BLOCK_ALL"),
        "object_ownership": s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        "encryption": s3.BucketEncryption.S3_MANAGED,
        "enforce_ssl": True,
        "removal_policy": removal_policy,
        "lifecycle_rules": [rule],
    }
    bucket = s3.Bucket(scope, id, **{**arguments, **props.bucket_overrides})
    if "server_access_logs_bucket" not in props.bucket_overrides:
        acknowledge(
            bucket,
            "AwsSolutions-S1",
            "Only the workers and CloudFront reach the bucket, and a log of each segment would outgrow the videos. On "
            "with bucket_overrides: server_access_logs_bucket",
        )
    return bucket


def dead_letters(scope: Construct, id: str) -> sqs.Queue:
    """Keeps what no worker could do for as long as SQS keeps anything: two weeks."""
    return sqs.Queue(scope, id, enforce_ssl=True, encryption=sqs.QueueEncryption.SQS_MANAGED, retention_period=days(14))


def upload_queue(scope: Construct, id: str, props: VodTranscoderProps, dead: sqs.IQueue) -> sqs.Queue:
    """One message an upload. It outlives a fleet without capacity: two weeks as well."""
    return sqs.Queue(
        scope,
        id,
        enforce_ssl=True,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        visibility_timeout=props.visibility,
        retention_period=days(14),
        receive_message_wait_time=seconds(20),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=props.tries),
    )


def connect(bucket: s3.Bucket, queue: sqs.Queue) -> None:
    """Every new object becomes a message; the queue takes messages of this bucket alone."""
    bucket.add_event_notification(s3.EventType.OBJECT_CREATED, notifications.SqsDestination(queue))
    acknowledge_notifications_handler(bucket)
