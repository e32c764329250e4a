"""The EventBridge rules of a responder: which events wake it, and what happens to one that does not arrive."""

from __future__ import annotations

from typing import Any

import jsii
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from refarch._shared.durations import hours, length
from refarch._shared.reads import read, service
from refarch.compute.interruption_responder_props import InterruptionResponderProps

RETRIES = 20
EVENT_AGE = hours(1)
"""Long after the instance is gone its targets still have to be taken out; after an hour a person looks at the queue."""


@jsii.implements(events.IRuleTarget)
class _Responder:
    """The function as a target. The CDK's own writes the stack's name into the logical id of the permission."""

    def __init__(self, function: lambda_.IFunction, dead_letters: sqs.IQueue) -> None:
        self._function, self._dead_letters = function, dead_letters

    def bind(self, rule: object, id: str | None = None) -> events.RuleTargetConfig:
        return events.RuleTargetConfig(
            arn=read(self._function, "function_arn"),
            dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=read(self._dead_letters, "queue_arn")),
            retry_policy=events.CfnRule.RetryPolicyProperty(
                maximum_retry_attempts=RETRIES, maximum_event_age_in_seconds=length(EVENT_AGE)
            ),
        )


def patterns(props: InterruptionResponderProps) -> dict[str, events.EventPattern]:
    """Construct id to the events that the props ask for. A notice carries no tags, so which are ours is seen later."""
    names = [read(each, "auto_scaling_group_name") for each in props.auto_scaling_groups]
    wanted = {
        "Notice": _pattern("aws.ec2", "EC2 Spot Instance Interruption Warning"),
        "Rebalance": _pattern("aws.ec2", "EC2 Instance Rebalance Recommendation"),
        "Lifecycle": _pattern(
            "aws.autoscaling",
            "EC2 Instance-terminate Lifecycle Action",
            {"AutoScalingGroupName": names} if names and not (props.clusters or props.tags) else None,
        ),
        # An instance that was stopped or hibernated: it gets back what it was taken from.
        "Return": _pattern("aws.ec2", "EC2 Instance State-change Notification", {"state": ["running"]}),
        "Scheduled": _pattern(
            "aws.health", "AWS Health Event", {"service": ["EC2"], "eventTypeCategory": ["scheduledChange"]}
        ),
    }
    if props.on_rebalance == "ignore":
        del wanted["Rebalance"]
    if not props.scheduled_events:
        del wanted["Scheduled"]
    return wanted


def add_rules(
    scope: Construct, props: InterruptionResponderProps, function: lambda_.Function, dead_letters: sqs.Queue
) -> dict[str, events.Rule]:
    """The rules, each allowed to invoke the function and to leave what it cannot deliver in the queue."""
    target = _Responder(function, dead_letters)
    rules = {
        id: events.Rule(scope, id, event_pattern=pattern, targets=[target]) for id, pattern in patterns(props).items()
    }
    for id, rule in rules.items():
        lambda_.CfnPermission(
            scope,
            f"{id}MayInvoke",
            action="lambda:InvokeFunction",
            function_name=read(function, "function_arn"),
            principal="events.amazonaws.com",
            source_arn=read(rule, "rule_arn"),
        )
    dead_letters.add_to_resource_policy(
        iam.PolicyStatement(
            sid="RulesLeaveWhatTheyCannotDeliver",
            principals=[service("events.amazonaws.com")],
            actions=["sqs:SendMessage"],
            resources=[read(dead_letters, "queue_arn")],
            conditions={"ArnEquals": {"aws:SourceArn": [read(rule, "rule_arn") for rule in rules.values()]}},
        )
    )
    return rules


def _pattern(source: str, kind: str, detail: dict[str, Any] | None = None) -> events.EventPattern:
    return events.EventPattern(source=[source], detail_type=[kind], detail=detail)
