"""EventBridge: patterns, transformers, a bus of one's own, schedules."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets

from tests.conformance.app.group import Group

PATTERNS: dict[str, dict[str, Any]] = {
    "prefix": {"name": [{"prefix": "team-"}]},
    "suffix": {"file": [{"suffix": ".png"}]},
    "numeric": {"price": [{"numeric": [">", 10, "<=", 20]}]},
    "anything-but": {"state": [{"anything-but": ["ok", "idle"]}]},
    "exists": {"owner": [{"exists": True}], "retired": [{"exists": False}]},
    "any-of": {"$or": [{"left": [1]}, {"right": [2]}]},
    "wildcard": {"path": [{"wildcard": "a/*/z"}]},
}


class Delivery(Group):
    def __init__(self, scope: Any, name: str) -> None:
        super().__init__(scope, name)
        self.matched = self.function("Matched")
        self.bus = events.EventBus(self, "Bus")
        self.out(Bus=self.bus.event_bus_name)
        for kind, detail in PATTERNS.items():
            self.pattern(kind, detail)
        self.forwarding()
        self.schedules()

    def pattern(self, kind: str, detail: dict[str, Any]) -> None:
        """Each rule says by its transformer which one it is."""
        rule = events.Rule(
            self,
            f"Rule-{kind}",
            event_bus=self.bus,
            event_pattern=events.EventPattern(source=["conformance"], detail_type=[kind], detail=detail),
        )
        told = {
            "rule": kind,
            "id": events.EventField.from_path("$.detail.id"),
            "said": f"{events.EventField.from_path('$.source')} told {events.EventField.from_path('$.detail-type')}",
        }
        rule.add_target(targets.LambdaFunction(self.matched, event=events.RuleTargetInput.from_object(told)))

    def forwarding(self) -> None:
        """From the default bus to the own one, from there to a queue."""
        here = events.EventPattern(source=["conformance.forward"])
        events.Rule(self, "Forward", event_pattern=here).add_target(targets.EventBus(self.bus))
        there = events.Rule(self, "Forwarded", event_bus=self.bus, event_pattern=here)
        there.add_target(targets.SqsQueue(self.queue("Arrived")))

    def schedules(self) -> None:
        function = self.function("Scheduled")
        every_minute = events.Schedule.rate(cdk.Duration.minutes(1))
        told = events.RuleTargetInput.from_object({"from": "rule"})
        events.Rule(self, "Minute", schedule=every_minute).add_target(targets.LambdaFunction(function, event=told))
        scheduler.Schedule(
            self,
            "Scheduler",
            schedule=scheduler.ScheduleExpression.rate(cdk.Duration.minutes(1)),
            target=scheduler_targets.LambdaInvoke(
                function, input=scheduler.ScheduleTargetInput.from_object({"from": "scheduler"})
            ),
        )
