"""Spot: rebalance recommendations and interruption notices, to EventBridge and the metadata, then the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from refarch.local import adapter, clock
from refarch.local.compute import events, instances, scope
from refarch.local.compute.scaling import keeper

ACTIONS = ("terminate", "stop", "hibernate")
NOTICE = 120.0  # simulated seconds that AWS gives
LONGEST_NOTICE = 3600.0

# Called with the instance's id when a notice is given.
warned: list[Callable[[str], None]] = []


class NotPossible(ValueError):
    """This instance cannot be interrupted; the message says why."""


def _record(instance_id: str) -> dict[str, Any]:
    record = instances.find(instance_id)
    if record is None:
        raise NotPossible(f"there is no instance {instance_id!r}")
    if record["State"]["Name"] != "running":
        raise NotPossible(f"{instance_id} is {record['State']['Name']}, only a running instance is interrupted")
    if record.get("InstanceLifecycle") != "spot":
        raise NotPossible(f"{instance_id} is an On-Demand instance, AWS interrupts Spot Instances only")
    return record


def recommend(instance_id: str) -> dict[str, Any]:
    """Send a rebalance recommendation. Raises `NotPossible`."""
    record = _record(instance_id)
    record["_rebalance"] = _iso(datetime.now(UTC))
    detail = {"instance-id": instance_id}
    events.emit("aws.ec2", "EC2 Instance Rebalance Recommendation", detail, [instances.arn(instance_id)])
    keeper.at_risk(instance_id)
    return {"instance-id": instance_id, "noticeTime": record["_rebalance"]}


def interrupt(instance_id: str, action: str = "terminate", notice: float = NOTICE) -> dict[str, Any]:
    """Warn, wait `notice` simulated seconds, then terminate, stop or hibernate. Hibernation begins at once, as on AWS.

    Raises `NotPossible`, also for an action or a notice that there is not.
    """
    record = _record(instance_id)
    if action not in ACTIONS:
        raise NotPossible(f"the action is {action!r}, allowed are {', '.join(ACTIONS)}")
    if not 0 <= notice <= LONGEST_NOTICE:
        raise NotPossible(f"the notice is {notice} s, allowed are 0 to {LONGEST_NOTICE:.0f}")
    if record.get("_interruption"):
        raise NotPossible(f"{instance_id} has its notice already: {record['_interruption']['time']}")
    wait = 0.0 if action == "hibernate" else clock.scaled(notice)
    when = _iso(datetime.now(UTC) + timedelta(seconds=wait))
    record["_interruption"] = {"action": action, "time": when}
    zone = record["Placement"]["AvailabilityZone"]
    # The one event whose resource is named by its zone and has no account: so AWS's own documentation shows it.
    where = f"arn:aws:ec2:{zone}:instance/{instance_id}"
    detail = {"instance-id": instance_id, "instance-action": action}
    events.emit("aws.ec2", "EC2 Spot Instance Interruption Warning", detail, [where])
    for listener in warned:
        listener(instance_id)
    scope.spawn(f"interruption-{instance_id}", _end, record, action, wait)
    return {"instance-id": instance_id, **record["_interruption"], "realSeconds": wait}


def _end(record: dict[str, Any], action: str, wait: float) -> None:
    time.sleep(wait)
    instance_id = record["InstanceId"]
    if instances.find(instance_id) is not record or record["State"]["Name"] != "running":
        return
    if action == "terminate":
        record["StateReason"] = "Server.SpotInstanceTermination"
        instances.end([instance_id])
    else:
        record["StateReason"] = "Server.SpotInstanceStop"
        instances.act("StopInstances", {"InstanceId.1": instance_id})
    record.pop("_interruption", None)


def resume() -> None:
    """After a restart: a notice that was given is up."""
    for record in list(adapter.read("instances").values()):
        if record.get("_interruption"):
            scope.spawn(f"interruption-{record['InstanceId']}", _end, record, record["_interruption"]["action"], 0.0)


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
