"""Capacity providers: managed scaling, managed termination protection, managed draining."""

from __future__ import annotations

import math
from typing import Any

from refarch.local import adapter, clock
from refarch.local.compute import scope
from refarch.local.compute.ecs import container_instances, records, tasks
from refarch.local.compute.ecs.capacity_names import group_name, providers_of_group
from refarch.local.compute.ecs.placement import hosts_needed
from refarch.local.compute.ecs.records import Record
from refarch.local.compute.scaling import groups, hooks, settings
from refarch.local.compute.scaling.keeper import wake as wake_group
from refarch.local.compute.scaling.policy import serving
from refarch.local.compute.scaling.templates import template_data
from refarch.local.compute.scaling.types_by_need import capacity_of
from refarch.local.compute.wire import ApiError

HOOK = "ecs-managed-draining-termination-hook"
PATIENCE = 900.0  # simulated seconds of surplus before managed scaling takes instances away: fifteen alarms of a minute
_drains: list[hooks.Action] = []
_surplus: set[tuple[str, str, str]] = set()


def install() -> None:
    hooks.more_hooks.append(_hook)
    hooks.began.append(_drain)


def forget() -> None:
    _drains.clear()
    _surplus.clear()


def provider(task: Record) -> dict[str, Any] | None:
    found: dict[str, Any] | None = adapter.read("ECS capacity providers").get(task.get("capacityProviderName") or "")
    return found


def _scaling(one: dict[str, Any] | None) -> dict[str, Any]:
    return ((one or {}).get("autoScalingGroupProvider") or {}).get("managedScaling") or {}


def brings_more(task: Record) -> bool:
    """Whether a task may wait, because its provider brings instances."""
    return _scaling(provider(task)).get("status") == "ENABLED"


def follow(name: str, waiting: list[Record]) -> None:
    """Let every provider of a cluster do its part."""
    with scope.lock:
        _complete_drains(name)
        for provider_name in (records.cluster(name) or {}).get("capacityProviders") or []:
            one = adapter.read("ECS capacity providers").get(provider_name)
            group = groups.find(group_name(one)) if one else None
            if one is None or group is None:
                continue
            _protect(name, one, group)
            if _scaling(one).get("status") == "ENABLED":
                _scale(name, one, group, [t for t in waiting if t.get("capacityProviderName") == provider_name])


def _busy(name: str, group: groups.Group) -> set[str]:
    """The instances of a group that have tasks other than daemons'."""
    hosts = {
        str(task.get("containerInstanceArn"))
        for task in adapter.read("ECS tasks").values()
        if task["lastStatus"] != "STOPPED" and records.name_of(task) == name and not records.is_daemon(task)
    }
    rows = records.container_instances(name)
    used = {row["ec2InstanceId"] for arn, row in rows.items() if arn in hosts}
    return {member["InstanceId"] for member in group["Instances"]} & used


def _protect(name: str, one: dict[str, Any], group: groups.Group) -> None:
    """Managed termination protection: what has tasks is protected from scale in, what has none is not."""
    if one["autoScalingGroupProvider"].get("managedTerminationProtection") != "ENABLED":
        return
    busy, changed = _busy(name, group), False
    for member in serving(group):
        wanted = member["InstanceId"] in busy
        changed |= member["ProtectedFromScaleIn"] != wanted
        member["ProtectedFromScaleIn"] = wanted  # type: ignore[index]
    if changed:
        wake_group(group["AutoScalingGroupName"])


def _scale(name: str, one: dict[str, Any], group: groups.Group, waiting: list[Record]) -> None:
    """As many instances as have tasks, plus what those that wait need, over the target percentage."""
    coming = [m for m in serving(group) if container_instances.find(m["InstanceId"], name) is None]
    cpu, memory = _size(group)
    extra = hosts_needed([tasks.need(task) for task in waiting], cpu, memory)
    used = len(_busy(name, group))
    wanted = math.ceil((used + extra) * 100 / int(_scaling(one).get("targetCapacity") or 100))
    wanted = max(group["MinSize"], min(group["MaxSize"], wanted))
    desired = group["DesiredCapacity"]
    key = (*scope.place(), group["AutoScalingGroupName"])
    if wanted >= desired:
        _surplus.discard(key)
    if wanted > desired:
        _set(group, wanted)
    elif wanted < desired and not waiting and not coming and key not in _surplus:
        _surplus.add(key)
        scope.spawn(f"scale-in-{name}", _scale_in_later, name, key)


def _size(group: groups.Group) -> tuple[int, int]:
    """CPU units and MiB of an instance of this group."""
    template = (group.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}
    specification = template.get("LaunchTemplateSpecification") or group.get("LaunchTemplate") or {}
    types = [entry["InstanceType"] for entry in template.get("Overrides") or [] if entry.get("InstanceType")]
    vcpus, memory = capacity_of(types[0] if types else template_data(specification).get("InstanceType") or "")
    return vcpus * 1024, int(memory * (1 - container_instances.KEPT_BY_THE_SYSTEM))


def _scale_in_later(name: str, key: tuple[str, str, str]) -> None:
    clock.sleep(PATIENCE)
    with scope.lock:
        if key not in _surplus:
            return
        _surplus.discard(key)
        group = groups.find(key[2])
        if group is not None:
            _set(group, max(group["MinSize"], len(_busy(name, group))))


def _set(group: groups.Group, desired: int) -> None:
    try:
        settings.apply(group, {"DesiredCapacity": desired}, whole=False)
    except ApiError as error:
        scope.logger.warning("managed scaling of %s: %s", group["AutoScalingGroupName"], error)
    wake_group(group["AutoScalingGroupName"])


def _hook(group: groups.Group) -> list[dict[str, Any]]:
    """The lifecycle hook that ECS puts on a group whose provider has managed draining, which is the default."""
    providers = providers_of_group(group["AutoScalingGroupName"])
    if not any(one["autoScalingGroupProvider"].get("managedDraining", "ENABLED") == "ENABLED" for one in providers):
        return []
    return [
        {
            "LifecycleHookName": HOOK,
            "AutoScalingGroupName": group["AutoScalingGroupName"],
            "LifecycleTransition": hooks.TERMINATING,
            "HeartbeatTimeout": 3600,
            "DefaultResult": "CONTINUE",
        }
    ]


def _drain(action: hooks.Action) -> None:
    """Managed draining: the instance that is to end drains; the action is completed when its tasks are gone."""
    if action.hook["LifecycleHookName"] != HOOK:
        return
    found = [
        (name, row) for name, row in container_instances.everywhere() if row["ec2InstanceId"] == action.instance_id
    ]
    if not found:
        action.complete("CONTINUE")
        return
    with scope.lock:
        _drains.append(action)
    for name, row in found:
        container_instances.set_status(name, row, "DRAINING")
        container_instances.wake(name)


def _complete_drains(name: str) -> None:
    for action in list(_drains):
        row = container_instances.find(action.instance_id)
        arns = {row["containerInstanceArn"]} if row else set()
        left = [
            task
            for task in adapter.read("ECS tasks").values()
            if task.get("containerInstanceArn") in arns
            and task["lastStatus"] != "STOPPED"
            and not records.is_daemon(task)
        ]
        if not left:
            _drains.remove(action)
            action.complete("CONTINUE")
