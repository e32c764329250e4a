"""MaxInstanceLifetime: an instance that has lived so long is replaced, few at a time, whatever its health."""

from __future__ import annotations

import time

from refarch.local import clock
from refarch.local.compute import scope
from refarch.local.compute.scaling.groups import Group, Member, is_current
from refarch.local.compute.scaling.policy import serving

CAUSE = "an instance was taken out of service in response to reaching its maximum lifetime."
_watched: set[int] = set()


def expired(group: Group, now: float) -> list[Member]:
    """The members that have lived too long: at most a tenth of the group at once, at least one, the oldest first."""
    longest = int(group.get("MaxInstanceLifetime") or 0)
    if not longest or any(member["LifecycleState"].startswith("Terminat") for member in group["Instances"]):
        return []
    live: list[Member] = [member for member in group["Instances"] if member["LifecycleState"] == "InService"]
    old = [member for member in live if clock.elapsed(now - float(member.get("Launched") or now)) >= longest]
    return sorted(old, key=lambda member: float(member["Launched"]))[: max(1, len(live) // 10)]


def next_look(group: Group, now: float) -> float | None:
    """The real seconds until the oldest member reaches the limit; None without limit or members."""
    longest = int(group.get("MaxInstanceLifetime") or 0)
    births = [float(member.get("Launched") or now) for member in serving(group)]
    if not longest or not births:
        return None
    return max(0.0, clock.scaled(longest) - (now - min(births)))


def watch(group: Group, wake: object) -> None:
    """Have the group looked at when its oldest member is due; one timer a group."""
    wait = next_look(group, time.time())
    with scope.lock:
        if wait is None or id(group) in _watched:
            return
        _watched.add(id(group))
    scope.spawn(f"lifetime-{group['AutoScalingGroupName']}", _wait, group, wait, wake)


def _wait(group: Group, wait: float, wake: object) -> None:
    try:
        time.sleep(min(wait, 3600.0) + 0.01)
    finally:
        with scope.lock:
            _watched.discard(id(group))
    if is_current(group) and callable(wake):
        wake(group["AutoScalingGroupName"])
