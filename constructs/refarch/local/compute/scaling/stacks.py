"""Groups that CloudFormation makes: launched, changed and deleted with their instances.

ministack's handlers keep the names, the replacement and the tags; they drop most of what makes a group launch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from refarch.local import adapter, clock
from refarch.local.compute import scope
from refarch.local.compute.scaling import api, groups, settings
from refarch.local.compute.scaling.groups import Group
from refarch.local.compute.scaling.hooks import hooks_of
from refarch.local.compute.scaling.keeper import stable, wake
from refarch.local.compute.scaling.more_api import NOTIFICATION_TYPES, change_target_groups
from refarch.local.compute.wire import ApiError

TYPE = "AWS::AutoScaling::AutoScalingGroup"
PATIENCE = 15.0  # real seconds beyond what the group's hooks may take
LOOK = 0.02
Properties = Mapping[str, Any]


def install() -> None:
    handler = adapter.read("handlers of resource types")[TYPE]
    handler["update"] = _updating(handler["update"])
    # Also by their names, by which ministack's own update calls them when a group is replaced.
    for key, name, made in (
        ("create", "create a scaling group", _creating(handler["create"])),
        ("delete", "delete a scaling group", _deleting(handler["delete"])),
    ):
        handler[key] = made
        adapter.replace(name, made)
    stock = adapter.read("runs on a worker thread")

    def waits(resource_type: str) -> bool:
        return resource_type == TYPE or bool(stock(resource_type))

    adapter.replace("runs on a worker thread", waits)


def _creating(stock: Callable[..., Any]) -> Callable[..., Any]:
    def create(logical_id: str, props: Properties, stack_name: str) -> Any:
        made = stock(logical_id, props, stack_name)
        group = groups.get(made[0])
        try:
            _apply(group, props)
        except ValueError:
            adapter.read("scaling groups").pop(made[0], None)
            raise
        _await_stable(group)
        return made

    return create


def _apply(group: Group, props: Properties) -> None:
    """Raises `ValueError` with the API's words."""
    try:
        request = settings.typed(props)
        settings.apply(group, request, whole=True)
        group.setdefault("SuspendedProcesses", [])
        group["Notifications"] = [
            {"TopicARN": row["TopicARN"], "NotificationTypes": row.get("NotificationTypes") or NOTIFICATION_TYPES}
            for row in _topics(props)
        ]
        api.started(group, request)
    except ApiError as error:
        raise ValueError(str(error)) from error


def _topics(props: Properties) -> list[Mapping[str, Any]]:
    rows = props.get("NotificationConfigurations") or []
    return [{**row, "TopicARN": topic} for row in rows for topic in _as_list(row.get("TopicARN"))]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _updating(stock: Callable[..., Any]) -> Callable[..., Any]:
    def update(
        physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str | None = None
    ) -> Any:
        group = groups.find(physical_id)
        before = dict(group) if group else {}
        answer = stock(physical_id, old, new, stack_name, logical_id)
        if answer[0] != physical_id or group is None:
            return answer  # replaced: `create` has launched the new group
        # A desired capacity that the template does not state is left where scaling has put it.
        wanted = {**new, "DesiredCapacity": new.get("DesiredCapacity", _between(before["DesiredCapacity"], new))}
        try:
            _apply(group, wanted)
        except ValueError:
            group.update(before)
            raise
        change_target_groups(group, before.get("TargetGroupARNs") or [])
        _await_stable(group)
        return answer

    return update


def _between(desired: int, props: Properties) -> int:
    return max(int(props.get("MinSize", 0)), min(int(props.get("MaxSize", 0)), desired))


def _deleting(stock: Callable[..., Any]) -> Callable[..., Any]:
    def delete(physical_id: str, props: Properties) -> None:
        group = groups.find(physical_id)
        if group is not None:
            api.remove(group)
        stock(physical_id, props)

    return delete


def _await_stable(group: Group) -> None:
    """CloudFormation goes on when the group has what it desires. Raises `ValueError` when that does not come."""
    name = group["AutoScalingGroupName"]
    known = {row["ActivityId"] for row in group.get("Activities") or []}
    wake(name)
    longest = sum(clock.scaled(int(hook["HeartbeatTimeout"])) for hook in hooks_of(group))
    deadline = time.monotonic() + PATIENCE + longest
    while groups.is_current(group) and not stable(group):
        rows = [row for row in group.get("Activities") or [] if row["ActivityId"] not in known]
        failed = [row for row in rows if row["StatusCode"] == "Failed"]
        if failed or time.monotonic() > deadline:
            why = failed[0].get("StatusMessage") if failed else "instances did not reach InService"
            scope.logger.warning("group %s did not become stable: %s", name, why)
            raise ValueError(f"Group did not stabilize. {why}")
        time.sleep(LOOK)
