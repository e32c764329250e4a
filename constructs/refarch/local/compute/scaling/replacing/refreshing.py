"""The work of one instance refresh: what it replaces, its checkpoints, alarms, warm-ups, and how it ends."""

from __future__ import annotations

import time
from typing import Any

from refarch.local import adapter, clock
from refarch.local.compute import scope
from refarch.local.compute.scaling import groups, lives, settings
from refarch.local.compute.scaling.activities import timestamp
from refarch.local.compute.scaling.groups import Group, Member
from refarch.local.compute.scaling.policy import serving
from refarch.local.compute.scaling.replacing import pace, sources
from refarch.local.compute.scaling.replacing.roll import Roll

CAUSE = "an instance was taken out of service in response to an instance refresh."
PROTECTED_WAIT = 3600.0  # simulated seconds for which protected or standby instances are waited for
LOOK = 0.05
Refresh = dict[str, Any]


class Turned(Exception):
    """The refresh was told to stop; the message says why when nobody asked for it."""


def work(group: Group, refresh: Refresh) -> None:
    """Run a refresh to its end and write down how it ended."""
    if refresh["Status"] == "Pending":
        refresh["Status"] = "InProgress"
    worker = Refreshing(group, refresh)
    try:
        worker.run()
        refresh |= {"Status": "Successful", "PercentageComplete": 100, "InstancesToUpdate": 0}
    except Turned as turned:
        worker.turn(str(turned))
    except ValueError as error:
        worker.turn(str(error))
    refresh["EndTime"] = timestamp()


class Refreshing:
    """One refresh under way."""

    def __init__(self, group: Group, refresh: Refresh) -> None:
        self.group, self.refresh = group, refresh
        self.wanted: dict[str, Any] = refresh["Preferences"]
        self.old = {m["InstanceId"] for m in self.group["Instances"] if self._concerns(m)}
        self.total = max(1, len(self.old))
        self.checkpoints = [int(step) for step in self.wanted["CheckpointPercentages"]]

    def _concerns(self, member: Member) -> bool:
        if self.wanted["SkipMatching"] and sources.matches(self.group, member):
            return False
        ignored = self.wanted["ScaleInProtectedInstances"] == "Ignore" and member.get("ProtectedFromScaleIn")
        return not ignored

    def run(self) -> None:
        self.refresh["InstancesToUpdate"] = len(self.old)
        self._standby()
        self._protected()
        self._roll(self.old, "InProgress")
        self.refresh["Status"] = "Baking" if self.wanted["BakeTime"] else "InProgress"
        self._sleep(float(self.wanted["BakeTime"]), ("Baking", "InProgress"))

    def _roll(self, old: set[str], status: str) -> None:
        desired, minimum, maximum = (
            int(self.group["DesiredCapacity"]),
            int(self.wanted["MinHealthyPercentage"]),
            int(self.wanted["MaxHealthyPercentage"]),
        )
        Roll(
            self.group,
            pace.of_refresh(desired, minimum, maximum),
            old=lambda member: member["InstanceId"] in old,
            cause=CAUSE,
            launched=lambda ids: self._warm_up(status),
            ending=lambda ids, launches: self._progress(old),
            check=lambda: self._check((status,)),
        ).run()
        self._progress(old)

    def _progress(self, old: set[str]) -> None:
        left = sum(1 for member in serving(self.group) if member["InstanceId"] in old)
        done = 100 * (self.total - left) // self.total
        self.refresh |= {"PercentageComplete": done, "InstancesToUpdate": left}
        passed = [step for step in self.checkpoints if done >= step]
        if passed and self.refresh["Status"] == "InProgress":
            self.checkpoints = self.checkpoints[len(passed) :]
            self._sleep(float(self.wanted["CheckpointDelay"]), ("InProgress",))

    def _warm_up(self, status: str) -> None:
        self._sleep(float(self.wanted["InstanceWarmup"]), (status,))

    def _sleep(self, seconds: float, statuses: tuple[str, ...]) -> None:
        end = time.monotonic() + clock.scaled(seconds)
        while (left := end - time.monotonic()) > 0:
            self._check(statuses)
            time.sleep(min(LOOK, left))
        self._check(statuses)

    def _check(self, statuses: tuple[str, ...]) -> None:
        if not groups.is_current(self.group):
            raise Turned("the group was deleted")
        if self.refresh["Status"] not in statuses:
            raise Turned("")
        names = (self.wanted.get("AlarmSpecification") or {}).get("Alarms") or []
        alarms = adapter.read("alarms")
        ringing = [name for name in names if (alarms.get(name) or {}).get("StateValue") == "ALARM"]
        if ringing and self.refresh["Status"] != "RollbackInProgress":
            raise Turned(f"Alarm(s) in ALARM state: {', '.join(ringing)}")

    def _standby(self) -> None:
        def waiting() -> list[Member]:
            return [m for m in self.group["Instances"] if m["LifecycleState"] == "Standby"]

        if self.wanted["StandbyInstances"] == "Terminate":
            for member in waiting():
                lives.begin_leaving(self.group, member, CAUSE)
        if self.wanted["StandbyInstances"] == "Wait":
            self._wait_for(waiting, "in Standby")

    def _protected(self) -> None:
        if self.wanted["ScaleInProtectedInstances"] == "Wait":
            self._wait_for(
                lambda: [
                    m for m in serving(self.group) if m.get("ProtectedFromScaleIn") and m["InstanceId"] in self.old
                ],
                "protected from scale in",
            )

    def _wait_for(self, blocking: Any, what: str) -> None:
        end = time.monotonic() + clock.scaled(PROTECTED_WAIT)
        while blocking():
            if time.monotonic() > end:
                raise Turned(f"{len(blocking())} instance(s) stayed {what} for an hour")
            self._sleep(1.0, ("InProgress",))

    def turn(self, reason: str) -> None:
        """Cancelled, failed, or rolled back to what the group launched from before."""
        status = self.refresh["Status"]
        if reason:
            self.refresh["StatusReason"] = reason
        back = status == "RollbackInProgress" or (bool(reason) and self.wanted["AutoRollback"])
        if not groups.is_current(self.group) or not back:
            self.refresh["Status"] = "Failed" if reason else "Cancelled"
            return
        self.refresh["Status"] = "RollbackInProgress"
        self.refresh["Status"] = "RollbackSuccessful" if self._go_back() else "RollbackFailed"

    def _go_back(self) -> bool:
        settings.apply(self.group, {k: v for k, v in self.refresh["Before"].items() if v}, whole=False)
        fresh = {m["InstanceId"] for m in serving(self.group) if sources.obsolete(self.group, m)}
        try:
            self._roll(fresh, "RollbackInProgress")
        except (Turned, ValueError) as error:
            scope.logger.warning("a refresh could not be rolled back: %s", error)
            return False
        return True
