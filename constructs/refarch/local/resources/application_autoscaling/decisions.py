"""How many there shall be: the arithmetic of the policies, with no AWS in it."""

from __future__ import annotations

import math
from typing import Any


def tracked(current: int, metric: float, target: float, *, scale_in: bool) -> int:
    """Capacity in proportion to the metric, rounded up; never the other way than the alarm asks for."""
    wanted = math.ceil(max(current, 1) * metric / target) if target else current
    return min(wanted, current) if scale_in else max(wanted, current)


def stepped(current: int, breach: float, configuration: dict[str, Any]) -> int:
    """Capacity after the step whose interval `breach` (metric minus threshold) lies in; `current` when none has it."""
    for step in configuration.get("StepAdjustments", []):
        low = float(step.get("MetricIntervalLowerBound", -math.inf))
        high = float(step.get("MetricIntervalUpperBound", math.inf))
        if low <= breach < high or (breach < 0 and low < breach <= high):
            return _adjusted(current, int(step["ScalingAdjustment"]), configuration)
    return current


def _adjusted(current: int, adjustment: int, configuration: dict[str, Any]) -> int:
    kind = configuration.get("AdjustmentType", "ChangeInCapacity")
    if kind == "ExactCapacity":
        return adjustment
    if kind == "ChangeInCapacity":
        return current + adjustment
    change = current * adjustment / 100
    least = int(configuration.get("MinAdjustmentMagnitude", 1))
    rounded = math.floor(change) if change > 0 else math.ceil(change)  # towards nothing, but at least the magnitude
    return current + int(math.copysign(max(abs(rounded), least), change)) if change else current


def bounded(wanted: int, target: dict[str, Any]) -> int:
    return min(max(wanted, int(target["MinCapacity"])), int(target["MaxCapacity"]))
