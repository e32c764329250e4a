"""The preferences of an instance refresh: defaults, what they take from the group, and what is not allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refarch.local.compute.wire import ApiError

Preferences = dict[str, Any]
COMMON: Preferences = {
    "CheckpointPercentages": [],
    "CheckpointDelay": 3600,
    "AutoRollback": False,
    "ScaleInProtectedInstances": "Wait",
    "StandbyInstances": "Wait",
    "BakeTime": 0,
}
OF_API: Preferences = COMMON | {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 100, "SkipMatching": False}
OF_TEMPLATE: Preferences = COMMON | {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110, "SkipMatching": True}
CHOICES = {
    "ScaleInProtectedInstances": ("Refresh", "Ignore", "Wait"),
    "StandbyInstances": ("Terminate", "Ignore", "Wait"),
}


def of_group(group: Mapping[str, Any], wanted: Mapping[str, Any], defaults: Mapping[str, Any]) -> Preferences:
    """`wanted`, then the group's maintenance policy and warm-up, then the defaults. Raises `ApiError`."""
    maintenance = group.get("InstanceMaintenancePolicy") or {}
    limits = {
        name: maintenance[name] for name in ("MinHealthyPercentage", "MaxHealthyPercentage") if name in maintenance
    }
    warmup = group.get("DefaultInstanceWarmup")
    warmup = warmup if warmup not in (None, -1) else group.get("HealthCheckGracePeriod") or 0
    chosen = {**defaults, "InstanceWarmup": warmup, **limits, **wanted}
    found = problems(chosen)
    if found:
        raise ApiError("ValidationError", " ".join(found))
    return chosen


def problems(chosen: Mapping[str, Any]) -> list[str]:
    """Everything that AWS would refuse, one sentence each."""
    least, most = int(chosen["MinHealthyPercentage"]), int(chosen["MaxHealthyPercentage"])
    steps = [int(step) for step in chosen["CheckpointPercentages"]]
    lines = [
        f"{name} is {chosen[name]!r}, allowed are {', '.join(allowed)}."
        for name, allowed in CHOICES.items()
        if chosen[name] not in allowed
    ]
    if not 0 <= least <= 100:
        lines.append(f"MinHealthyPercentage is {least}, it must be from 0 to 100.")
    if not 100 <= most <= 200:
        lines.append(f"MaxHealthyPercentage is {most}, it must be from 100 to 200.")
    if most - least > 100:
        lines.append(f"MaxHealthyPercentage {most} and MinHealthyPercentage {least} are more than 100 apart.")
    if steps != sorted(set(steps)) or any(not 1 <= step <= 100 for step in steps):
        lines.append(f"CheckpointPercentages are {steps}, they must rise from at least 1 to at most 100.")
    return lines
