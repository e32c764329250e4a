"""Topics that alarms publish to."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from weakref import WeakKeyDictionary

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from refarch._shared.reads import read, service, stack_of

_ready: MutableMapping[sns.ITopic, actions.SnsAction] = WeakKeyDictionary()


def notify(alarms: Iterable[cloudwatch.Alarm], topic: sns.ITopic | None, *, when_over: bool = False) -> None:
    """Have alarms publish to `topic` when they go off, and on request when they are over. Without a topic: nothing.

    A topic with a policy of its own (`enforce_ssl` makes one, of a refusal alone) lacks the default policy that SNS
    gives, and with it the permission by which alarms publish: so it is given. Imported topics stay as they are.
    """
    if topic is None:
        return
    publish = _ready.get(topic) or _made_ready(topic)
    for alarm in alarms:
        alarm.add_alarm_action(publish)
        if when_over:
            alarm.add_ok_action(publish)


def _made_ready(topic: sns.ITopic) -> actions.SnsAction:
    """Once for each topic, however many constructs' alarms publish to it."""
    publish = _ready[topic] = actions.SnsAction(topic)
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Alarms",
            actions=["sns:Publish"],
            principals=[service("cloudwatch.amazonaws.com")],
            resources=[read(topic, "topic_arn")],
            conditions={"StringEquals": {"aws:SourceAccount": read(stack_of(topic), "account")}},
        )
    )
    return publish
