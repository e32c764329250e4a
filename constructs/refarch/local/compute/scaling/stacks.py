"""Groups that CloudFormation makes: launched, changed, replaced and deleted with their instances.

ministack's handlers keep the names, the replacement and the tags; they drop most of what makes a group launch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.compute.scaling import api, groups, settings
from refarch.local.compute.scaling.groups import Group
from refarch.local.compute.scaling.more_api import NOTIFICATION_TYPES, change_target_groups
from refarch.local.compute.scaling.replacing import creations, definitions, policies, updates
from refarch.local.compute.scaling.replacing.settling import Settling
from refarch.local.compute.wire import ApiError

TYPE = "AWS::AutoScaling::AutoScalingGroup"
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
    for name in ("runs on a worker thread", "sends back a failed update"):
        adapter.replace(name, _also(adapter.read(name)))


def _also(stock: Callable[[str], bool]) -> Callable[[str], bool]:
    """A group takes its time; and an update of it that fails has replaced instances already."""

    def answer(resource_type: str) -> bool:
        return resource_type == TYPE or bool(stock(resource_type))

    return answer


def _creating(stock: Callable[..., Any]) -> Callable[..., Any]:
    def create(logical_id: str, props: Properties, stack_name: str) -> Any:
        definition = definitions.of(stack_name, logical_id, TYPE)
        with creations.awaited(definition) as signals:
            made = stock(logical_id, props, stack_name)
            group = groups.get(made[0])
            try:
                _apply(group, props)
                Settling(group).wait()
                signals.wait()
            except ValueError:
                api.remove(group)
                raise
        definition.applied()
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
        definition = definitions.of(stack_name, logical_id or physical_id, TYPE)
        if updates.replaces(definition, old, new):
            return adapter.read("replace resource")(TYPE, physical_id, old, new, stack_name, logical_id)
        group = groups.find(physical_id)
        before = dict(group) if group else {}
        answer = stock(physical_id, old, new, stack_name, logical_id)
        if answer[0] != physical_id or group is None:
            return answer  # replaced: `create` has launched the new group
        _change(group, before, {**new, **_kept_sizes(definition, before, old, new)})
        if policies.triggered(old, new):
            updates.replace_instances(definition, group)
        definition.applied()
        return answer

    return update


def _change(group: Group, before: Properties, wanted: Properties) -> None:
    try:
        _apply(group, wanted)
    except ValueError:
        group.update(before)
        raise
    change_target_groups(group, before.get("TargetGroupARNs") or [])
    Settling(group).wait()


def _kept_sizes(definition: definitions.Definition, before: Properties, old: Properties, new: Properties) -> Properties:
    """What scaling made of the sizes and the template does not touch."""
    kept = {name: before[name] for name in policies.kept_sizes(definition.attributes, old, new)}
    if "DesiredCapacity" in new and "DesiredCapacity" not in kept:
        return kept
    # A desired capacity that the template does not state is left where scaling has put it.
    low, high = (int(kept.get(name, new.get(name)) or 0) for name in ("MinSize", "MaxSize"))
    return {**kept, "DesiredCapacity": max(low, min(high, int(before["DesiredCapacity"])))}


def _refuse_protected(group: Group) -> None:
    """CloudFormation empties a group first, and waits for protected instances until it gives up: said at once here."""
    kept = sorted(member["InstanceId"] for member in group["Instances"] if member.get("ProtectedFromScaleIn"))
    if kept:
        name = group["AutoScalingGroupName"]
        raise ValueError(f"{name} cannot be emptied: {', '.join(kept)} are protected from scale-in")


def _deleting(stock: Callable[..., Any]) -> Callable[..., Any]:
    def delete(physical_id: str, props: Properties) -> None:
        group = groups.find(physical_id)
        if group is not None:
            _refuse_protected(group)
            api.remove(group)
        stock(physical_id, props)

    return delete
