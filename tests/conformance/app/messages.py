"""Queues with dead-letter queues, delays and order; a topic that filters."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from tests.conformance.app.group import Group

PARTIAL = """\
import json
def handler(event, context):
    print("SEEN " + json.dumps(event))
    failed = [r["messageId"] for r in event["Records"] if "bad" in r["body"]]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
"""
RAISING = """\
import json
def handler(event, context):
    print("SEEN " + json.dumps(event))
    raise RuntimeError("none of it")
"""


class Messages(Group):
    def __init__(self, scope: Any, name: str) -> None:
        super().__init__(scope, name)
        self.consumer("Partial", PARTIAL, partial=True)
        self.consumer("Raising", RAISING, partial=False)
        self.queue("Delayed", delivery_delay=cdk.Duration.seconds(2))
        self.queue("Ordered", fifo=True, content_based_deduplication=True)
        self.topic()

    def consumer(self, name: str, code: str, *, partial: bool) -> None:
        dead = sqs.DeadLetterQueue(queue=self.queue(f"{name}Dead"), max_receive_count=2)
        function = self.function(f"{name}Consumer", code, timeout=cdk.Duration.seconds(6))
        queue = self.queue(f"{name}Jobs", dead_letter_queue=dead, visibility_timeout=cdk.Duration.seconds(6))
        function.add_event_source(sources.SqsEventSource(queue, batch_size=10, report_batch_item_failures=partial))

    def topic(self) -> None:
        topic = sns.Topic(self, "Topic")
        red = {"color": sns.SubscriptionFilter.string_filter(allowlist=["red"])}
        large = {"size": sns.FilterOrPolicy.filter(sns.SubscriptionFilter.numeric_filter(greater_than=100))}
        raw = subscriptions.SqsSubscription(self.queue("Red"), filter_policy=red, raw_message_delivery=True)
        topic.add_subscription(raw)
        topic.add_subscription(
            subscriptions.SqsSubscription(self.queue("Large"), filter_policy_with_message_body=large)
        )
        topic.add_subscription(subscriptions.SqsSubscription(self.queue("Everything")))
        topic.add_subscription(subscriptions.LambdaSubscription(self.function("Subscriber")))
        self.out(Topic=topic.topic_arn)
