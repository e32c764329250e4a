"""Instance refresh, as the API asks for it: begun, looked at, cancelled and rolled back."""

from __future__ import annotations

import uuid
from typing import Any

from refarch.local.compute import scope
from refarch.local.compute.scaling import groups, settings
from refarch.local.compute.scaling.activities import timestamp
from refarch.local.compute.scaling.groups import Group
from refarch.local.compute.scaling.policy import serving, suspended
from refarch.local.compute.scaling.replacing import preferences, refreshing
from refarch.local.compute.wire import ApiError

Request = dict[str, Any]
ACTIVE = ("Pending", "InProgress", "Baking", "Cancelling", "RollbackInProgress")
SOURCES = ("LaunchTemplate", "MixedInstancesPolicy", "LaunchConfigurationName")


def start(request: Request) -> Request:
    group = groups.get(request["AutoScalingGroupName"])
    if suspended(group, "InstanceRefresh"):
        raise ApiError("ValidationError", "The InstanceRefresh process of the group is suspended.")
    refresh = begin(group, request.get("Preferences") or {}, request.get("DesiredConfiguration") or {})
    return {"InstanceRefreshId": refresh["InstanceRefreshId"]}


def begin(group: Group, wanted: Request, desired: Request, defaults: Request = preferences.OF_API) -> Request:
    """Start a refresh in the background; its record. Raises `ApiError`."""
    if _active(group):
        raise ApiError(
            "InstanceRefreshInProgress",
            "An Instance Refresh is already in progress and blocks the execution of this request.",
        )
    chosen = preferences.of_group(group, wanted, defaults)
    before = {name: group.get(name) for name in SOURCES}
    if chosen["AutoRollback"] and not desired:
        raise ApiError("ValidationError", "AutoRollback needs a desired configuration.")
    if desired:
        settings.apply(group, desired, whole=False)
    refresh: Request = {
        "InstanceRefreshId": str(uuid.uuid4()),
        "AutoScalingGroupName": group["AutoScalingGroupName"],
        "Status": "Pending",
        "StartTime": timestamp(),
        "PercentageComplete": 0,
        "InstancesToUpdate": len(serving(group)),
        "Preferences": chosen,
        **({"DesiredConfiguration": desired, "Before": before} if desired else {}),
    }
    group.setdefault("InstanceRefreshes", []).insert(0, refresh)
    scope.spawn(f"refresh-{group['AutoScalingGroupName']}", refreshing.work, group, refresh)
    return refresh


def describe(request: Request) -> Request:
    group, wanted = groups.get(request["AutoScalingGroupName"]), request.get("InstanceRefreshIds")
    rows = group.get("InstanceRefreshes") or []
    return {"InstanceRefreshes": [row for row in rows if not wanted or row["InstanceRefreshId"] in wanted]}


def cancel(request: Request) -> Request:
    return _turn(request, "Cancelling")


def roll_back(request: Request) -> Request:
    """Back to what the group launched from before the refresh. Only one with a desired configuration can go back."""
    refresh = _current(request)
    if "Before" not in refresh:
        raise ApiError(
            "IrreversibleInstanceRefresh",
            "This instance refresh has no desired configuration and cannot be rolled back.",
        )
    return _turn(request, "RollbackInProgress")


def _turn(request: Request, status: str) -> Request:
    refresh = _current(request)
    refresh["Status"] = status
    return {"InstanceRefreshId": refresh["InstanceRefreshId"]}


def _current(request: Request) -> Request:
    name = request["AutoScalingGroupName"]
    refresh = _active(groups.get(name))
    if refresh is None:
        raise ApiError("ActiveInstanceRefreshNotFound", f"No in progress or pending Instance Refresh found for {name}")
    return refresh


def _active(group: Group) -> Request | None:
    return next((row for row in group.get("InstanceRefreshes") or [] if row["Status"] in ACTIVE), None)
