"""Waiting until a group has what it desires, or until it is clear that this does not come."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from refarch.local import clock
from refarch.local.compute import scope
from refarch.local.compute.scaling import groups
from refarch.local.compute.scaling.groups import Group
from refarch.local.compute.scaling.hooks import hooks_of
from refarch.local.compute.scaling.keeper import stable, wake

PATIENCE = 15.0  # real seconds beyond what the group's hooks may take
LOOK = 0.02


def _nothing() -> None:
    return None


@dataclass
class Settling:
    """One wait: activities that failed before it began do not count."""

    group: Group
    check: Callable[[], None] = _nothing  # asked again and again; raises to end the wait
    known: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.known = {row["ActivityId"] for row in self.group.get("Activities") or []}

    def wait(self, leaving: Collection[str] = (), extra: float = 0.0) -> None:
        """Until as much as desired serves and none of `leaving` is left; `extra`: simulated seconds more.

        Raises `ValueError` in CloudFormation's words.
        """
        group = self.group
        wake(group["AutoScalingGroupName"])
        longest = sum(clock.scaled(int(hook["HeartbeatTimeout"])) for hook in hooks_of(group)) + clock.scaled(extra)
        deadline = time.monotonic() + PATIENCE + longest
        while groups.is_current(group) and not (stable(group) and _gone(group, leaving)):
            self.check()
            rows = [row for row in group.get("Activities") or [] if row["ActivityId"] not in self.known]
            failed = [row for row in rows if row["StatusCode"] == "Failed"]
            if failed or time.monotonic() > deadline:
                why = failed[0].get("StatusMessage") if failed else "instances did not reach InService"
                name = group["AutoScalingGroupName"]
                scope.logger.warning("group %s did not become stable: %s", name, why)
                raise ValueError(f"Group did not stabilize. {why}")
            time.sleep(LOOK)


def _gone(group: Group, leaving: Collection[str]) -> bool:
    return not any(member["InstanceId"] in leaving for member in group["Instances"])
