"""What the actions of an experiment do to simulated instances."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from refarch.local.compute import instances, spot
from refarch.local.compute.faults import permissions
from refarch.local.compute.scaling.replacing.policies import seconds

Sleep = Callable[[float], None]
INTERRUPT = "aws:ec2:send-spot-instance-interruptions"
MOST_INTERRUPTED = 5  # instances of one action, as on AWS
CALLS = {
    INTERRUPT: "ec2:SendSpotInstanceInterruptions",
    "aws:ec2:terminate-instances": "ec2:TerminateInstances",
    "aws:ec2:stop-instances": "ec2:StopInstances",
    "aws:ec2:reboot-instances": "ec2:RebootInstances",
}


class Failed(Exception):
    """The action could not be done; the message says why."""


def act(action: Mapping[str, Any], ids: Sequence[str], role: str, sleep: Sleep) -> None:
    """Do one action. `sleep` takes simulated seconds. Raises `Failed` and what `sleep` raises."""
    kind, given = action["actionId"], action.get("parameters") or {}
    try:
        if kind == "aws:fis:wait":
            return sleep(seconds(given.get("duration", ""), "duration"))
        if kind not in CALLS:
            raise Failed(f"the local cloud does not have {kind}; it has aws:fis:wait, {', '.join(sorted(CALLS))}")
        denied = permissions.denials(role, CALLS[kind], ids)
        if denied:
            raise Failed(denied)
        if kind == INTERRUPT:
            return _interrupt(
                ids, seconds(given.get("durationBeforeInterruption", ""), "durationBeforeInterruption"), sleep
            )
        return _call(kind, ids, given, sleep)
    except ValueError as error:
        raise Failed(str(error)) from error


def _interrupt(ids: Sequence[str], before: int, sleep: Sleep) -> None:
    """The recommendation at once, the notice two minutes before the end. A notice that was given stands."""
    if not spot.NOTICE <= before <= 900:
        raise Failed(f"durationBeforeInterruption is {before} s, allowed are PT2M to PT15M")
    if len(ids) > MOST_INTERRUPTED:
        raise Failed(f"{len(ids)} instances, at most {MOST_INTERRUPTED} are interrupted at once")
    for instance_id in ids:
        spot.recommend(instance_id)
    sleep(before - spot.NOTICE)
    for instance_id in ids:
        if instances.state(instance_id) == "running":
            spot.interrupt(instance_id)
    sleep(spot.NOTICE)


def _call(kind: str, ids: Sequence[str], given: Mapping[str, Any], sleep: Sleep) -> None:
    named = {f"InstanceId.{number}": key for number, key in enumerate(ids, 1)}
    if ids:
        instances.act(CALLS[kind].partition(":")[2], named)
    back = given.get("startInstancesAfterDuration")
    if kind == "aws:ec2:stop-instances" and back:
        sleep(seconds(back, "startInstancesAfterDuration"))
        if ids:
            instances.act("StartInstances", named)
