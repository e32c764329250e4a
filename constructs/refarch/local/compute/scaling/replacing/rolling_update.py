"""CloudFormation's rolling update of a group: in batches, with a pause or with signals after each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from refarch.local import clock
from refarch.local.compute.scaling.groups import Group
from refarch.local.compute.scaling.policy import serving
from refarch.local.compute.scaling.replacing import pace, signals, sources
from refarch.local.compute.scaling.replacing.definitions import Definition
from refarch.local.compute.scaling.replacing.policies import Rolling, Signals
from refarch.local.compute.scaling.replacing.roll import Roll

STATUS = signals.UPDATING
CAUSE = "an instance was taken out of service in response to a user request."


class RollingUpdate:
    """One update under way."""

    def __init__(self, definition: Definition, group: Group, policy: Rolling) -> None:
        self.definition, self.group, self.policy = definition, group, policy
        self.total, self.failed, self.counted = 0, 0, 0

    def run(self) -> None:
        """Raises `ValueError` in CloudFormation's words when instances do not come or do not signal."""
        old = [m["InstanceId"] for m in serving(self.group) if sources.obsolete(self.group, m)]
        self.total = len(old)
        if not old:
            return
        desired, limit = int(self.group["DesiredCapacity"]), int(self.group["MaxSize"])
        chosen = pace.of_update(desired, self.policy.least, self.policy.batch, limit)
        self._say(
            f"Rolling update initiated. Terminating {len(old)} obsolete instance(s) in batches of {chosen.batch}, "
            f"while keeping at least {chosen.least} instance(s) in service."
        )
        with _suspended(self.group, self.policy.suspended), signals.expected(self.definition, STATUS) as slot:
            Roll(
                self.group,
                chosen,
                old=lambda member: member["InstanceId"] in old,
                cause=CAUSE,
                launched=lambda ids: self._launched(slot, ids),
                ending=self._ending,
                check=lambda: None,
            ).run()

    def _ending(self, ids: list[str], launches: int) -> None:
        self._say(f"Terminating instance(s) [{','.join(ids)}]; replacing with {launches} new instance(s).")

    def _launched(self, slot: signals.Slot, ids: list[str]) -> None:
        if not self.policy.signals:
            clock.sleep(self.policy.pause)
            return
        before, self.counted = self.counted, self.counted + len(ids)
        slot.wait(Signals(len(ids), self.policy.pause, 0), before)
        missing = self.counted - len(slot.received)
        if missing > 0:
            for number in range(missing):  # a time that ran out counts as a failure
                slot.received[f"timeout-{before}-{number}"] = "FAILURE"
            self._say(
                f"Failed to receive {missing} resource signal(s) for the current batch. "
                "Each resource signal timeout is counted as a FAILURE."
            )
        failures = list(slot.received.values()).count("FAILURE")
        if failures * 100 > (100 - self.policy.percent) * max(self.total, 1):
            raise ValueError(
                f"Received {failures} FAILURE signal(s) out of {self.total}. Unable to satisfy "
                f"{self.policy.percent}% MinSuccessfulInstancesPercent requirement"
            )

    def _say(self, reason: str) -> None:
        self.definition.tell(STATUS, reason, self.group["AutoScalingGroupName"])


@contextmanager
def _suspended(group: Group, names: tuple[str, ...]) -> Iterator[None]:
    """Some processes of the group rest meanwhile; one that rested before does so afterwards."""
    rows = group.setdefault("SuspendedProcesses", [])
    resting = {row["ProcessName"] for row in rows}
    added = [name for name in names if name not in resting]
    rows.extend({"ProcessName": name, "SuspensionReason": "Suspended by CloudFormation"} for name in added)
    try:
        yield
    finally:
        group["SuspendedProcesses"] = [row for row in rows if row["ProcessName"] not in added]
