"""Replace instances of a group at a pace: new ones first where there may be more, old ones end through their hooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from refarch.local.compute import scope
from refarch.local.compute.scaling import lives
from refarch.local.compute.scaling.groups import Group, Member, is_current
from refarch.local.compute.scaling.keeper import wake
from refarch.local.compute.scaling.policy import serving
from refarch.local.compute.scaling.replacing.pace import Pace, next_step
from refarch.local.compute.scaling.replacing.settling import Settling

DRAINING = 3600.0  # simulated seconds that a batch may take to leave


@dataclass
class Roll:
    """One replacement of all members that are `old`.

    `launched(ids)` is called for the new instances of each batch, `ending(ids, launches)` before a batch ends;
    `check()` while anything is waited for. Each may raise, which ends the roll where it stands.
    """

    group: Group
    pace: Pace
    old: Callable[[Member], bool]
    cause: str
    launched: Callable[[list[str]], None]
    ending: Callable[[list[str], int], None]
    check: Callable[[], None]
    _seen: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Raises `ValueError` when new instances do not come, and what the callbacks raise."""
        group = self.group
        self._seen = {member["InstanceId"] for member in group["Instances"]}
        try:
            if self._left():
                self._surge(self.pace.most - int(group["DesiredCapacity"]))
            while self._left() and is_current(group):
                self._batch()
        finally:
            with scope.lock:
                group.pop("Surge", None)
            wake(group["AutoScalingGroupName"])

    def _left(self) -> list[Member]:
        return [member for member in self.group["Instances"] if member in serving(self.group) and self.old(member)]

    def _surge(self, more: int) -> None:
        if more > 0:
            self.group["Surge"] = more
            Settling(self.group, self.check).wait(extra=DRAINING)
            self._tell_launched()

    def _batch(self) -> None:
        group, left = self.group, self._left()
        members = serving(group)
        step = next_step(self.pace, group["DesiredCapacity"], len(members), len(members) - len(left), len(left))
        batch = left[: step.end] or left[:1]
        names = [member["InstanceId"] for member in batch]
        self.ending(names, step.launch)
        settling = Settling(group, self.check)
        with scope.lock:  # in one go, or the keeper would launch for an instance that needs no replacement
            for member in batch:
                lives.begin_leaving(group, member, self.cause)
            group["Surge"] = max(0, int(group.get("Surge") or 0) - (len(batch) - step.launch))
        settling.wait(names, extra=DRAINING)
        self._tell_launched()

    def _tell_launched(self) -> None:
        fresh = [m["InstanceId"] for m in self.group["Instances"] if m["InstanceId"] not in self._seen]
        self._seen |= set(fresh)
        if fresh:
            self.launched(fresh)
