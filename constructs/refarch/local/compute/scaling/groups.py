"""The records of Auto Scaling groups, which lie in ministack's own stores, and who owns an instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.compute import instances, scope
from refarch.local.compute.wire import ApiError

Group = dict[str, Any]
Member = dict[str, Any]


def every() -> list[Group]:
    """The groups of this account and region."""
    return list(adapter.read("scaling groups").values())


def find(name: str) -> Group | None:
    group: Group | None = adapter.read("scaling groups").get(name)
    return group


def get(name: str) -> Group:
    """The group of a name. Raises `ApiError` in AWS's words."""
    group = find(name)
    if group is None:
        raise ApiError("ValidationError", f"AutoScalingGroup name not found - AutoScalingGroup: {name} not found")
    return group


def is_current(group: Group) -> bool:
    """Whether this very record is still the group of its name; a deleted group's work must end."""
    return find(group["AutoScalingGroupName"]) is group


def owner(instance_id: str) -> tuple[Group, Member] | None:
    """The group that an instance belongs to, and its member record."""
    for group in every():
        for member in group["Instances"]:
            if member["InstanceId"] == instance_id:
                return group, member
    return None


def owned(instance_id: str) -> tuple[Group, Member]:
    """The same for an API call. Raises `ApiError`."""
    found = owner(instance_id)
    if found is None:
        message = f"Instance Id not found - No managed instance found for instance ID: {instance_id}"
        raise ApiError("ValidationError", message)
    return found


def member_of(group: Group, instance_id: str) -> Member:
    """The member record of an instance of this group. Raises `ApiError`."""
    for candidate in group["Instances"]:
        if candidate["InstanceId"] == instance_id:
            member: Member = candidate
            return member
    name = group["AutoScalingGroupName"]
    raise ApiError("ValidationError", f"The instance {instance_id} is not part of Auto Scaling group {name}.")


def remove(group: Group, instance_id: str) -> None:
    group["Instances"][:] = [member for member in group["Instances"] if member["InstanceId"] != instance_id]


def zones(group: Mapping[str, Any]) -> dict[str, str]:
    """The group's subnets, in order, and the zone of each; those of its zones when it names no subnets."""
    subnets = adapter.read("subnets")
    named = [key.strip() for key in str(group.get("VPCZoneIdentifier") or "").split(",") if key.strip()]
    if named:
        return {key: subnets.get(key, {}).get("AvailabilityZone") or f"{scope.region()}a" for key in named}
    wanted = group.get("AvailabilityZones") or []
    default = {
        key: subnet["AvailabilityZone"]
        for key, subnet in subnets.items()
        if subnet.get("DefaultForAz") and subnet.get("AvailabilityZone") in wanted
    }
    return default or {"": next(iter(wanted), f"{scope.region()}a")}


def lifecycle_of(instance_id: str) -> str:
    return str((instances.find(instance_id) or {}).get("InstanceLifecycle") or "on-demand")
