"""Topics that alarms publish to."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns


def notify(alarms: Iterable[cloudwatch.Alarm], topic: sns.ITopic | None, *, when_over: bool = False) -> None:
    """Have alarms publish to `topic` when they go off, and on request when they are over. Without a topic: nothing.

    A topic with a policy of its own (`enforce_ssl` makes one, of a refusal alone) lacks the default policy that SNS
    gives, and with it the permission by which alarms publish: so it is given. Imported topics stay as they are.
    """
    if topic is None:
        return
    for alarm in alarms:
        alarm.add_alarm_action(actions.SnsAction(topic))
        if when_over:
            alarm.add_ok_action(actions.SnsAction(topic))
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Alarms",
            actions=["sns:Publish"],
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Stack.of(topic).account}},
        )
    )
