"""Alarms look at their own metric (with its dimensions), period by period, again and again.

ministack looks at every metric of the name, whatever its dimensions, at all periods as one, and only when somebody
puts a metric. Alarms on metric math keep its way. Periods pass with the clock factor.
"""

from __future__ import annotations

import contextvars
import logging
import operator
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from refarch.local import adapter, clock

logger = logging.getLogger("refarch.local")
LOOKING_EVERY = 10.0  # simulated seconds
AT_LEAST = 0.25  # real seconds between two looks
PERIODS_BEYOND = 2  # CloudWatch looks further back than it must, for data points that are missing
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def install() -> None:
    evaluate = adapter.read("evaluation of an alarm")

    def evaluated(alarm: dict[str, Any]) -> None:
        if not alarm.get("MetricName") or alarm.get("ComparisonOperator") not in COMPARISONS:
            evaluate(alarm)
            return
        now, period = time.time(), max(clock.scaled(float(alarm.get("Period") or 60)), 0.001)
        values = windows(alarm, own_points(alarm), now, period)
        change(alarm, decide(alarm, values), values)

    adapter.replace("evaluation of an alarm", evaluated)
    threading.Thread(target=_look, name="refarch-alarms", daemon=True).start()


def own_points(alarm: Mapping[str, Any]) -> list[Any]:
    """The data points of the alarm's metric: the same namespace, name and dimensions."""
    wanted = {each["Name"]: each["Value"] for each in alarm.get("Dimensions") or ()}
    key = (alarm.get("Namespace"), alarm["MetricName"], adapter.read("key of dimensions")(wanted))
    return list(adapter.read("metrics").get(key) or ())


def windows(alarm: Mapping[str, Any], points: Sequence[Any], now: float, period: float) -> list[float]:
    """The values of the latest periods that have one, the newest first, as many as the alarm looks at."""
    wanted = int(alarm.get("EvaluationPeriods") or 1)
    gathered: dict[int, list[Any]] = {}
    for point in points:
        number = int((now - point["Timestamp"]) // period) if point["Timestamp"] <= now else 0
        if number < wanted + PERIODS_BEYOND:
            gathered.setdefault(number, []).append(point)
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
    read, extract = adapter.read("statistics of points"), adapter.read("value of a statistic")
    found = [extract(read(gathered[number]), statistic, gathered[number]) for number in sorted(gathered)]
    return [value for value in found if value is not None][:wanted]


def decide(alarm: Mapping[str, Any], values: Sequence[float]) -> str | None:
    """The state for the values found; None: as it was. Source: "How CloudWatch alarms handle missing data"."""
    wanted = int(alarm.get("EvaluationPeriods") or 1)
    needed = int(alarm.get("DatapointsToAlarm") or wanted)
    breaches = COMPARISONS[alarm["ComparisonOperator"]]
    breaching = sum(breaches(value, float(alarm.get("Threshold", 0))) for value in values)
    missing = wanted - len(values)
    treatment = alarm.get("TreatMissingData") or "missing"
    if breaching >= needed:
        return "ALARM"
    if missing == 0 or treatment == "notBreaching" or breaching + missing < needed:
        return "OK"
    if treatment == "breaching":
        return "ALARM"
    if not values:
        return "INSUFFICIENT_DATA" if treatment == "missing" else None
    if not breaching:
        return "OK"
    return "ALARM" if treatment == "missing" else None


def change(alarm: dict[str, Any], state: str | None, values: Sequence[float]) -> None:
    """Put the alarm into the state, when it is another one, and tell everybody."""
    before = alarm["StateValue"]
    if state is None or state == before:
        return
    shown = ", ".join(f"{value:g}" for value in values) or "no data"
    reason = f"Threshold Crossed: {alarm['ComparisonOperator']} {alarm.get('Threshold')}: {shown}"
    alarm |= {"StateValue": state, "StateReason": reason, "StateUpdatedTimestamp": int(time.time())}
    adapter.read("history of alarms")(alarm["AlarmName"], before, state, reason)
    adapter.read("alarm actions")(alarm, before, state, reason)
    adapter.read("composite alarms above")(alarm)


def _look() -> None:
    while True:
        time.sleep(max(AT_LEAST, clock.scaled(LOOKING_EVERY)))
        scopes = {tuple(key[:2]) for key in list(adapter.read("alarms")._data)}
        for account, region in scopes:
            try:
                contextvars.copy_context().run(_evaluate_all, account, region)
            except Exception:
                logger.exception("the alarms of %s in %s could not be evaluated", account, region)


def _evaluate_all(account: str, region: str) -> None:
    adapter.read("act in account")(account)
    adapter.read("act in region")(region)
    adapter.read("evaluation of all alarms")()
