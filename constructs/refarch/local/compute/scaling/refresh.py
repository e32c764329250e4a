"""Instance refresh: instances are replaced, a few at a time, and each batch must be in service before the next."""

from __future__ import annotations

import time
import uuid
from typing import Any

from refarch.local import clock
from refarch.local.compute import scope
from refarch.local.compute.scaling import groups, lives
from refarch.local.compute.scaling.activities import timestamp
from refarch.local.compute.scaling.groups import Group
from refarch.local.compute.scaling.keeper import stable, wake
from refarch.local.compute.scaling.policy import serving
from refarch.local.compute.wire import ApiError

Request = dict[str, Any]
ACTIVE = ("Pending", "InProgress", "Cancelling")
LOOK = 0.1  # real seconds
CAUSE = "an instance was taken out of service in response to an instance refresh."


def start(request: Request) -> Request:
    group = groups.get(request["AutoScalingGroupName"])
    if _active(group):
        raise ApiError(
            "InstanceRefreshInProgress",
            "An Instance Refresh is already in progress and blocks the execution of this request.",
        )
    refresh = {
        "InstanceRefreshId": str(uuid.uuid4()),
        "AutoScalingGroupName": group["AutoScalingGroupName"],
        "Status": "Pending",
        "StartTime": timestamp(),
        "PercentageComplete": 0,
        "InstancesToUpdate": len(serving(group)),
        "Preferences": {"MinHealthyPercentage": 90, "InstanceWarmup": 0} | (request.get("Preferences") or {}),
    }
    group.setdefault("InstanceRefreshes", []).insert(0, refresh)
    scope.spawn(f"refresh-{group['AutoScalingGroupName']}", _work, group, refresh)
    return {"InstanceRefreshId": refresh["InstanceRefreshId"]}


def describe(request: Request) -> Request:
    group, wanted = groups.get(request["AutoScalingGroupName"]), request.get("InstanceRefreshIds")
    rows = group.get("InstanceRefreshes") or []
    return {"InstanceRefreshes": [row for row in rows if not wanted or row["InstanceRefreshId"] in wanted]}


def cancel(request: Request) -> Request:
    refresh = _active(groups.get(request["AutoScalingGroupName"]))
    if refresh is None:
        name = request["AutoScalingGroupName"]
        raise ApiError("ActiveInstanceRefreshNotFound", f"No in progress or pending Instance Refresh found for {name}")
    refresh["Status"] = "Cancelling"
    return {"InstanceRefreshId": refresh["InstanceRefreshId"]}


def _active(group: Group) -> Request | None:
    return next((row for row in group.get("InstanceRefreshes") or [] if row["Status"] in ACTIVE), None)


def batch_size(number: int, healthy_percentage: int) -> int:
    """How many of `number` instances may be away at once; at least one."""
    return max(1, number - -(-number * healthy_percentage // 100))


def _work(group: Group, refresh: Request) -> None:
    refresh["Status"] = "InProgress"
    old = [member["InstanceId"] for member in serving(group)]
    size = batch_size(len(old), int(refresh["Preferences"]["MinHealthyPercentage"]))
    total = len(old)
    while old and refresh["Status"] == "InProgress" and groups.is_current(group):
        batch, old = old[:size], old[size:]
        for member in [m for m in group["Instances"] if m["InstanceId"] in batch]:
            lives.begin_leaving(group, member, CAUSE)
        wake(group["AutoScalingGroupName"])
        _await_stable(group, refresh, batch)
        clock.sleep(float(refresh["Preferences"].get("InstanceWarmup") or 0))
        refresh["PercentageComplete"] = 100 * (total - len(old)) // max(1, total)
        refresh["InstancesToUpdate"] = len(old)
    cancelled = refresh["Status"] == "Cancelling"
    refresh |= {"Status": "Cancelled" if cancelled else "Successful", "EndTime": timestamp()}
    refresh["PercentageComplete"] = refresh["PercentageComplete"] if cancelled else 100


def _await_stable(group: Group, refresh: Request, batch: list[str]) -> None:
    def left() -> bool:
        return any(member["InstanceId"] in batch for member in group["Instances"])

    while groups.is_current(group) and refresh["Status"] == "InProgress" and (left() or not stable(group)):
        time.sleep(LOOK)
