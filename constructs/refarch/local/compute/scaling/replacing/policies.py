"""CreationPolicy and UpdatePolicy of a template read, without AWS: defaults, durations, which of them applies."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Attributes = Mapping[str, Any]
DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
LONGEST_SIGNAL = 43200
# What makes CloudFormation replace instances, when it changes.
TRIGGERS = ("LaunchTemplate", "LaunchConfigurationName", "MixedInstancesPolicy", "VPCZoneIdentifier", "PlacementGroup")
SIZES = ("MinSize", "MaxSize", "DesiredCapacity")


@dataclass(frozen=True)
class Signals:
    """So many signals within `seconds`, of which `percent` must be SUCCESS."""

    count: int
    seconds: int
    percent: int = 100


@dataclass(frozen=True)
class Rolling:
    """AutoScalingRollingUpdate. `pause`: seconds after each batch, or for its signals."""

    batch: int
    least: int
    percent: int
    pause: int
    signals: bool
    suspended: tuple[str, ...]


def seconds(text: str, name: str) -> int:
    """An ISO 8601 duration such as PT5M in seconds. Raises `ValueError`."""
    found = DURATION.fullmatch(str(text))
    if found is None or not any(found.groups()):
        raise ValueError(f"{name} is {text!r}, it must be an ISO 8601 duration such as PT5M")
    days, hours, minutes, rest = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def creation(attributes: Attributes) -> Signals | None:
    """The signals that a CreationPolicy wants; None without one. Raises `ValueError`."""
    policy = attributes.get("CreationPolicy") or {}
    signal = policy.get("ResourceSignal")
    if signal is None and "AutoScalingCreationPolicy" not in policy:
        return None
    signal = signal or {}
    wanted = seconds(signal.get("Timeout", "PT5M"), "CreationPolicy.ResourceSignal.Timeout")
    percent = (policy.get("AutoScalingCreationPolicy") or {}).get("MinSuccessfulInstancesPercent", 100)
    if not 1 <= wanted <= LONGEST_SIGNAL:
        raise ValueError(f"CreationPolicy.ResourceSignal.Timeout is {wanted} s, allowed are 1 to {LONGEST_SIGNAL}")
    return Signals(int(signal.get("Count", 1)), wanted, int(percent))


def rolling(attributes: Attributes) -> Rolling | None:
    """The AutoScalingRollingUpdate; None without one. Raises `ValueError`."""
    policy = (attributes.get("UpdatePolicy") or {}).get("AutoScalingRollingUpdate")
    if policy is None:
        return None
    signals = _true(policy.get("WaitOnResourceSignals"))
    pause = seconds(policy.get("PauseTime", "PT5M" if signals else "PT0S"), "AutoScalingRollingUpdate.PauseTime")
    if pause > 3600:
        raise ValueError(f"AutoScalingRollingUpdate.PauseTime is {pause} s, at most an hour (PT1H) is allowed")
    return Rolling(
        batch=int(policy.get("MaxBatchSize", 1)),
        least=int(policy.get("MinInstancesInService", 0)),
        percent=int(policy.get("MinSuccessfulInstancesPercent", 100)),
        pause=pause,
        signals=signals,
        suspended=tuple(policy.get("SuspendProcesses") or ()),
    )


def replacing(attributes: Attributes) -> bool:
    """Whether a change replaces the whole group; it wins over a rolling update."""
    policy = (attributes.get("UpdatePolicy") or {}).get("AutoScalingReplacingUpdate") or {}
    return _true(policy.get("WillReplace"))


def refreshing(attributes: Attributes) -> Mapping[str, Any] | None:
    """The preferences of an AutoScalingInstanceRefresh; None without one. Raises `ValueError`."""
    policy = attributes.get("UpdatePolicy") or {}
    found = policy.get("AutoScalingInstanceRefresh")
    if found is None:
        return None
    if "AutoScalingRollingUpdate" in policy:
        raise ValueError("AutoScalingInstanceRefresh and AutoScalingRollingUpdate exclude each other")
    if found.get("Strategy", "Rolling") != "Rolling":
        raise ValueError(f"the strategy is {found['Strategy']!r}, the local cloud knows Rolling only")
    return dict(found.get("Preferences") or {})


def triggered(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a change of the properties makes CloudFormation replace instances."""
    return any(old.get(name) != new.get(name) for name in TRIGGERS)


def kept_sizes(attributes: Attributes, old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """The sizes that stay what scaling made of them, because the template does not change them."""
    policy = (attributes.get("UpdatePolicy") or {}).get("AutoScalingScheduledAction") or {}
    if not _true(policy.get("IgnoreUnmodifiedGroupSizeProperties")):
        return ()
    return tuple(name for name in SIZES if old.get(name) == new.get(name))


def verdict(wanted: Signals, successes: int, failures: int, *, late: bool) -> str | None:
    """ "" when the signals are enough, the reason when they cannot be any more, None while they may come."""
    needed = math.ceil(wanted.count * wanted.percent / 100)
    if successes >= wanted.count or (successes >= needed and successes + failures >= wanted.count):
        return ""
    missing = wanted.count - successes - failures
    if failures > wanted.count - needed:
        return (
            f"Received {failures} FAILURE signal(s) out of {wanted.count}. "
            f"Unable to satisfy {wanted.percent}% MinSuccessfulInstancesPercent requirement"
        )
    if not late:
        return None
    if successes >= needed:
        return ""
    return f"Failed to receive {missing} resource signal(s) within the specified duration"


def _true(value: Any) -> bool:
    return str(value).lower() == "true"
