"""Buckets that notify, a table with a stream and an index, a Kinesis stream."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as notify
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from tests.conformance.app.group import DESTROY, Group


class Objects(Group):
    def __init__(self, scope: Any, name: str) -> None:
        super().__init__(scope, name)
        self.notifying_bucket()
        self.versioned_bucket()
        self.table()
        self.stream()

    def notifying_bucket(self) -> None:
        bucket = s3.Bucket(self, "Bucket", removal_policy=DESTROY, auto_delete_objects=True, event_bridge_enabled=True)
        self.out(Bucket=bucket.bucket_name)
        created = s3.EventType.OBJECT_CREATED
        tables = s3.NotificationKeyFilter(prefix="in/", suffix=".csv")
        bucket.add_event_notification(created, notify.LambdaDestination(self.function("OnCsv")), tables)
        queued = s3.NotificationKeyFilter(prefix="queued/")
        bucket.add_event_notification(created, notify.SqsDestination(self.queue("OnQueued")), queued)
        topic = sns.Topic(self, "Removed")
        topic.add_subscription(subscriptions.SqsSubscription(self.queue("OnRemoved")))
        bucket.add_event_notification(s3.EventType.OBJECT_REMOVED, notify.SnsDestination(topic))
        detail = {"bucket": {"name": [bucket.bucket_name]}, "object": {"key": [{"prefix": "bridge/"}]}}
        pattern = events.EventPattern(source=["aws.s3"], detail_type=["Object Created"], detail=detail)
        events.Rule(self, "Bridged", event_pattern=pattern).add_target(targets.SqsQueue(self.queue("OnBridged")))

    def versioned_bucket(self) -> None:
        bucket = s3.Bucket(
            self,
            "Versioned",
            versioned=True,
            removal_policy=DESTROY,
            auto_delete_objects=True,
            lifecycle_rules=[s3.LifecycleRule(id="old", expiration=cdk.Duration.days(30))],
        )
        self.out(Versioned=bucket.bucket_name)

    def table(self) -> None:
        table = dynamodb.Table(
            self,
            "Table",
            partition_key={"name": "id", "type": dynamodb.AttributeType.STRING},
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            time_to_live_attribute="expires",
            removal_policy=DESTROY,
        )
        table.add_global_secondary_index(
            index_name="by-color",
            partition_key={"name": "color", "type": dynamodb.AttributeType.STRING},
            sort_key={"name": "size", "type": dynamodb.AttributeType.NUMBER},
        )
        self.function("OnChange").add_event_source(
            sources.DynamoEventSource(table, starting_position=lambda_.StartingPosition.TRIM_HORIZON, batch_size=5)
        )
        only_removed = lambda_.FilterCriteria.filter({"eventName": lambda_.FilterRule.is_equal("REMOVE")})
        self.function("OnRemoval").add_event_source(
            sources.DynamoEventSource(
                table, starting_position=lambda_.StartingPosition.TRIM_HORIZON, filters=[only_removed]
            )
        )
        self.out(Table=table.table_name)

    def stream(self) -> None:
        stream = kinesis.Stream(self, "Stream", shard_count=1, removal_policy=DESTROY)
        self.function("OnRecord").add_event_source(
            sources.KinesisEventSource(stream, starting_position=lambda_.StartingPosition.TRIM_HORIZON)
        )
        resharded = kinesis.Stream(self, "Resharded", shard_count=1, removal_policy=DESTROY)
        refilled = kinesis.Stream(self, "Refilled", shard_count=2, removal_policy=DESTROY)
        counted = kinesis.Stream(self, "Counted", shard_count=2, removal_policy=DESTROY)
        self.out(Stream=stream.stream_name, Resharded=resharded.stream_name)
        self.out(Refilled=refilled.stream_name, Counted=counted.stream_name)
