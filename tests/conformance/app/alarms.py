"""Alarms that tell topics, functions, the event bus and each other."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from tests.conformance.app.group import Group


class Alarms(Group):
    def __init__(self, scope: Any, name: str) -> None:
        super().__init__(scope, name)
        topic = sns.Topic(self, "Topic")
        topic.add_subscription(subscriptions.LambdaSubscription(self.function("Told")))
        alarm = self.alarm("High", "Load", threshold=10)
        alarm.add_alarm_action(actions.SnsAction(topic))
        pattern = events.EventPattern(source=["aws.cloudwatch"], detail_type=["CloudWatch Alarm State Change"])
        events.Rule(self, "Changed", event_pattern=pattern).add_target(targets.LambdaFunction(self.function("Bridged")))
        direct = self.alarm("Direct", "Heat", threshold=50)
        direct.add_alarm_action(actions.LambdaAction(self.function("Acted")))
        both = cloudwatch.CompositeAlarm(
            self, "Both", alarm_rule=cloudwatch.AlarmRule.all_of(alarm, direct), composite_alarm_name="both-of-them"
        )
        self.out(High=alarm.alarm_name, Direct=direct.alarm_name, Both=both.alarm_name)

    def alarm(self, name: str, metric: str, *, threshold: float) -> cloudwatch.Alarm:
        measured = cloudwatch.Metric(
            namespace="Conformance", metric_name=metric, statistic="Maximum", period=cdk.Duration.seconds(10)
        )
        return cloudwatch.Alarm(self, f"{name}Alarm", metric=measured, threshold=threshold, evaluation_periods=1)
