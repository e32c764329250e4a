"""EventBridge, Scheduler and what is called asynchronously: what becomes of an event that cannot be delivered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.values import at
from refarch.gate.policy.view import Template

RULE = "AWS::Events::Rule"
SCHEDULE = "AWS::Scheduler::Schedule"
_RATE = re.compile(r"rate\((\d+) (minute|minutes|hour|hours|day|days)\)")
_CRON = re.compile(r"cron\(\S+ \S+ \S+ \S+ \S+ \S+\)")
_AT = re.compile(r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)")


def _targets(template: Template) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    """Resource, path, name and settings of each target."""
    for each in template.of_type(RULE):
        for target in each.entries("Targets"):
            if isinstance(target, Mapping):
                yield each.name, "Targets", str(at(target, "Id")), target
    for each in template.of_type(SCHEDULE):
        if isinstance(target := each.get("Target"), Mapping):
            yield each.name, "Target", "", target


@rule(
    "EVENT-DEAD-LETTERS",
    "An event that cannot be delivered is lost",
    control=51,
    remedy="set DeadLetterConfig with a queue",
)
def dead_letters(template: Template) -> Iterator[Fault]:
    for resource, path, name, target in _targets(template):
        if at(target, "DeadLetterConfig.Arn") is None and at(target, "DeadLetterConfig") is None:
            yield Fault(resource, f"target {name}: no DeadLetterConfig".replace("target :", "the target:"), path)


@rule(
    "EVENT-RETRY",
    "An event is tried for a day, whether it still matters or not",
    control=51,
    severity="warning",
    remedy="set RetryPolicy: MaximumRetryAttempts and MaximumEventAgeInSeconds",
)
def retry(template: Template) -> Iterator[Fault]:
    for resource, path, name, target in _targets(template):
        if at(target, "RetryPolicy") is None:
            yield Fault(resource, f"target {name}: no RetryPolicy".replace("target :", "the target:"), path)


@rule(
    "SCHEDULE-EXPRESSION",
    "A schedule is none",
    anchor="cfn-lint E3027",
    remedy="write rate(1 hour), rate(5 minutes), cron(0 12 * * ? *) or at(2027-01-31T12:00:00)",
)
def expression(template: Template) -> Iterator[Fault]:
    for each in template.of_type(RULE, SCHEDULE):
        given = each.get("ScheduleExpression")
        if isinstance(given, str) and (problem := schedule_problem(given, once=each.type == SCHEDULE)):
            yield fault(each, f"{given!r}: {problem}", "ScheduleExpression")


def schedule_problem(expression: str, *, once: bool = False) -> str:
    """What is wrong with a schedule expression; empty: nothing. `once`: at(…) is allowed."""
    if match := _RATE.fullmatch(expression):
        number, unit = int(match.group(1)), match.group(2)
        if number < 1:
            return "the number must be 1 or more"
        if (number == 1) is unit.endswith("s"):
            return f"{number} takes the word {unit.rstrip('s') if number == 1 else unit + 's'}"
        return ""
    if _CRON.fullmatch(expression):
        days, weekdays = expression[5:-1].split()[2], expression[5:-1].split()[4]
        return "" if "?" in (days, weekdays) else "one of day of month and day of week must be ?"
    return "" if once and _AT.fullmatch(expression) else "it is neither rate(…) nor cron(…)"
