"""The life of an instance in its group: from its launch through the hooks into service, and out again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from refarch.local import adapter
from refarch.local.compute import instances, scope
from refarch.local.compute.instance_records import is_spot
from refarch.local.compute.scaling import activities, hooks
from refarch.local.compute.scaling.groups import Group, Member, is_current, lifecycle_of, remove, zones
from refarch.local.compute.scaling.policy import LEAVING, Place, next_place, suspended
from refarch.local.compute.scaling.replacing.sources import mark
from refarch.local.compute.scaling.templates import resolved, template_data
from refarch.local.compute.targets import membership

# Set by the keeper: looks at the group again.
wake: Callable[[str], None] = lambda name: None  # noqa: E731


class LaunchFailed(Exception):
    """EC2 refused to launch; the message is its own."""


def launch(group: Group, cause: str) -> Member:
    """Launch one instance where the group's policy says and send it on its way. Raises `LaunchFailed`."""
    place = next_place(group, zones(group), is_spot({}, template_data(group.get("LaunchTemplate") or {})))
    try:
        instance_id = _run(group, place)
    except ValueError as error:
        activity = activities.begin(group, activities.LAUNCH, "", cause)
        activities.finish(group, activity, activities.LAUNCH, "", problem=f"{error} Launching EC2 instance failed.")
        raise LaunchFailed(str(error)) from error
    member = _member(group, place, instance_id)
    with scope.lock:
        wanted = is_current(group)
        group["Instances"].append(member)
    if not wanted:  # deleted meanwhile, and whoever deleted it did not know of this one
        instances.end([instance_id])
    details = {"Subnet ID": place.subnet, "Availability Zone": member["AvailabilityZone"]}
    activity = activities.begin(group, activities.LAUNCH, instance_id, cause, **details)
    scope.spawn(f"launch-{instance_id}", enter, group, member, activity)
    return member


def _run(group: Group, place: Place) -> str:
    template = {f"LaunchTemplate.{key}": value for key, value in place.template.items() if value}
    if template.get("LaunchTemplate.LaunchTemplateId"):
        template.pop("LaunchTemplate.LaunchTemplateName", None)
    asked: dict[str, Any] = {"MinCount": 1, "MaxCount": 1, **template, **_of_configuration(group)}
    asked |= {"SubnetId": place.subnet} if place.subnet else {}
    asked |= {"InstanceType": place.instance_type} if place.instance_type else {}
    asked |= {"InstanceMarketOptions.MarketType": "spot"} if place.lifecycle == "spot" else {}
    tags = [tag for tag in group.get("Tags") or [] if tag.get("PropagateAtLaunch")]
    tags.append({"Key": "aws:autoscaling:groupName", "Value": group["AutoScalingGroupName"]})
    asked["TagSpecification.1.ResourceType"] = "instance"
    for number, tag in enumerate(tags, 1):
        asked[f"TagSpecification.1.Tag.{number}.Key"] = tag["Key"]
        asked[f"TagSpecification.1.Tag.{number}.Value"] = tag.get("Value", "")
    body = instances.act("RunInstances", {name: str(value) for name, value in asked.items()}).decode()
    return body.split("<instanceId>", 1)[1].split("<", 1)[0]


def _of_configuration(group: Group) -> dict[str, Any]:
    """What an old launch configuration says, where a group still has one."""
    found = adapter.read("launch configurations").get(group.get("LaunchConfigurationName") or "") or {}
    asked = {name: found[name] for name in ("ImageId", "InstanceType", "KeyName", "UserData") if found.get(name)}
    return asked | {f"SecurityGroupId.{n}": key for n, key in enumerate(found.get("SecurityGroups") or [], 1)}


def _member(group: Group, place: Place, instance_id: str) -> Member:
    record = instances.find(instance_id) or {}
    member = {
        "InstanceId": instance_id,
        "InstanceType": record.get("InstanceType"),
        "AvailabilityZone": record["Placement"]["AvailabilityZone"],
        "LifecycleState": "Pending",
        "HealthStatus": "Healthy",
        "ProtectedFromScaleIn": bool(group.get("NewInstancesProtectedFromScaleIn")),
        "SubnetId": record.get("SubnetId"),
        "Lifecycle": lifecycle_of(instance_id),
        "Launched": time.time(),
        "Source": mark(group),
    }
    if place.weight:
        member["WeightedCapacity"] = place.weight
    if group.get("LaunchConfigurationName"):
        return member | {"LaunchConfigurationName": group["LaunchConfigurationName"]}
    return member | {"LaunchTemplate": resolved(place.template)}


def enter(group: Group, member: Member, activity: activities.Activity) -> None:
    """Through the launching hooks into service, or out when they abandon it."""
    instance_id = member["InstanceId"]
    if any(hook["LifecycleTransition"] == hooks.LAUNCHING for hook in hooks.hooks_of(group)):
        _move(member, "Pending:Wait")
        if hooks.run(group, instance_id, hooks.LAUNCHING) == "ABANDON":
            activities.finish(group, activity, activities.LAUNCH, instance_id, problem="Lifecycle Action was ABANDONed")
            group["Abandoned"] = group.get("Abandoned", 0) + 1
            return leave(group, member, "an instance was abandoned by its lifecycle action.", hooked=False)
        _move(member, "Pending:Proceed")
    if not is_current(group) or member["LifecycleState"].startswith(LEAVING):
        return None
    _move(member, "InService")
    group["Abandoned"] = 0
    if not suspended(group, "AddToLoadBalancer"):
        membership.join(group.get("TargetGroupARNs") or [], instance_id)
    activities.finish(group, activity, activities.LAUNCH, instance_id)
    return wake(group["AutoScalingGroupName"])


def begin_leaving(group: Group, member: Member, cause: str) -> activities.Activity | None:
    """Mark a member as terminating and end it in the background; None when it is on its way out already."""
    with scope.lock:
        if member["LifecycleState"].startswith("Terminat"):
            return None
        member["LifecycleState"] = "Terminating"
    activity = activities.begin(group, activities.END, member["InstanceId"], cause)
    scope.spawn(f"end-{member['InstanceId']}", leave, group, member, cause, activity)
    return activity


def leave(
    group: Group, member: Member, cause: str, activity: activities.Activity | None = None, *, hooked: bool = True
) -> None:
    """Out of the load balancers, through the terminating hooks, and away."""
    instance_id = member["InstanceId"]
    with scope.lock:
        member["LifecycleState"] = "Terminating"
    activity = activity or activities.begin(group, activities.END, instance_id, cause)
    membership.leave_and_drain(group.get("TargetGroupARNs") or [], instance_id, lambda: is_current(group))
    if hooked and any(hook["LifecycleTransition"] == hooks.TERMINATING for hook in hooks.hooks_of(group)):
        member["LifecycleState"] = "Terminating:Wait"
        hooks.run(group, instance_id, hooks.TERMINATING)
        member["LifecycleState"] = "Terminating:Proceed"
    instances.end([instance_id])
    with scope.lock:
        member["LifecycleState"] = "Terminated"
        remove(group, instance_id)
    activities.finish(group, activity, activities.END, instance_id)
    wake(group["AutoScalingGroupName"])


def _move(member: Member, state: str) -> None:
    """A member that is leaving meanwhile stays on its way out."""
    with scope.lock:
        if not member["LifecycleState"].startswith(LEAVING):
            member["LifecycleState"] = state
