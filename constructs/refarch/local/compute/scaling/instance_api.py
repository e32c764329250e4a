"""Auto Scaling's API for single instances: ended, detached, attached, put aside, protected, declared unhealthy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refarch.local.compute import instances, scope
from refarch.local.compute.scaling import activities, groups, lives
from refarch.local.compute.scaling.groups import Group, Member
from refarch.local.compute.scaling.keeper import wake
from refarch.local.compute.targets import membership
from refarch.local.compute.wire import ApiError

Request = dict[str, Any]


def terminate(request: Request) -> Request:
    group, member = groups.owned(request["InstanceId"])
    shrink = bool(request.get("ShouldDecrementDesiredCapacity"))
    if shrink:
        _shrink(group, 1)
    who = "an instance was taken out of service in response to a user request"
    less = f", shrinking the capacity to {group['DesiredCapacity']}." if shrink else "."
    activity = lives.begin_leaving(group, member, f"{who}{less}")
    wake(group["AutoScalingGroupName"])
    return {"Activity": activity or group["Activities"][0]}


def _shrink(group: Group, number: int) -> None:
    smaller = group["DesiredCapacity"] - number
    if smaller < group["MinSize"]:
        name, low = group["AutoScalingGroupName"], group["MinSize"]
        message = f"Currently, desiredSize equals minSize ({low}) of {name}. Terminating instance without replacement "
        raise ApiError("ValidationError", f"{message}will violate group's min size constraint.")
    group["DesiredCapacity"] = smaller


def _each(request: Request) -> tuple[Group, list[Member]]:
    group = groups.get(request["AutoScalingGroupName"])
    return group, [groups.member_of(group, key) for key in request.get("InstanceIds") or []]


def detach(request: Request) -> Request:
    group, members = _each(request)
    if request["ShouldDecrementDesiredCapacity"]:
        _shrink(group, len(members))
    return {
        "Activities": [_put_aside(group, member, "Detaching", "Detaching EC2 instance", _gone) for member in members]
    }


def enter_standby(request: Request) -> Request:
    group, members = _each(request)
    if request["ShouldDecrementDesiredCapacity"]:
        _shrink(group, len(members))
    verb = "Moving EC2 instance to Standby"
    return {"Activities": [_put_aside(group, member, "EnteringStandby", verb, _standing_by) for member in members]}


def _put_aside(group: Group, member: Member, state: str, verb: str, last: Callable[[Group, Member], None]) -> Request:
    member["LifecycleState"] = state
    cause = "instance was taken out of the group in response to a user request."
    activity = activities.begin(group, verb, member["InstanceId"], cause)

    def work() -> None:
        arns = group.get("TargetGroupARNs") or []
        membership.leave_and_drain(arns, member["InstanceId"], lambda: groups.is_current(group))
        last(group, member)
        activity.update(StatusCode="Successful", EndTime=activities.timestamp(), Progress=100)
        wake(group["AutoScalingGroupName"])

    scope.spawn(f"aside-{member['InstanceId']}", work)
    wake(group["AutoScalingGroupName"])
    return activity


def _gone(group: Group, member: Member) -> None:
    with scope.lock:
        groups.remove(group, member["InstanceId"])


def _standing_by(group: Group, member: Member) -> None:
    member["LifecycleState"] = "Standby"


def exit_standby(request: Request) -> Request:
    group, members = _each(request)
    found = []
    for member in members:
        if member["LifecycleState"] != "Standby":
            raise ApiError("ValidationError", f"The instance {member['InstanceId']} is not in Standby.")
        group["DesiredCapacity"] += 1
        group["MaxSize"] = max(group["MaxSize"], group["DesiredCapacity"])
        found.append(_join(group, member, "Moving EC2 instance out of Standby"))
    return {"Activities": found}


def attach(request: Request) -> None:
    group = groups.get(request["AutoScalingGroupName"])
    wanted = request.get("InstanceIds") or []
    if group["DesiredCapacity"] + len(wanted) > group["MaxSize"]:
        message = "AutoScalingGroup would exceed its max size with the instances to attach."
        raise ApiError("ValidationError", message)
    for instance_id in wanted:
        record = instances.find(instance_id)
        if record is None or record["State"]["Name"] != "running" or groups.owner(instance_id):
            message = f"Invalid Instance ID(s): {instance_id}: it must be running and in no other group."
            raise ApiError("ValidationError", message)
        group["DesiredCapacity"] += 1
        member = {
            "InstanceId": instance_id,
            "InstanceType": record["InstanceType"],
            "AvailabilityZone": record["Placement"]["AvailabilityZone"],
            "HealthStatus": "Healthy",
            "ProtectedFromScaleIn": bool(group.get("NewInstancesProtectedFromScaleIn")),
            "SubnetId": record["SubnetId"],
            "Lifecycle": groups.lifecycle_of(instance_id),
        }
        group["Instances"].append(member)
        _join(group, member, "Attaching an existing EC2 instance")


def _join(group: Group, member: Member, verb: str) -> Request:
    member["LifecycleState"] = "Pending"
    activity = activities.begin(
        group, verb, member["InstanceId"], "an instance was moved in response to a user request."
    )
    scope.spawn(f"join-{member['InstanceId']}", lives.enter, group, member, activity)
    return activity


def set_health(request: Request) -> None:
    group, member = groups.owned(request["InstanceId"])
    status = request["HealthStatus"]
    if status not in ("Healthy", "Unhealthy"):
        raise ApiError("ValidationError", f"HealthStatus must be Healthy or Unhealthy, not {status}")
    member["HealthStatus"] = status
    member["Complaint"] = "an instance was taken out of service in response to a user health-check."
    wake(group["AutoScalingGroupName"])


def set_protection(request: Request) -> None:
    group, members = _each(request)
    for member in members:
        member["ProtectedFromScaleIn"] = bool(request["ProtectedFromScaleIn"])
    wake(group["AutoScalingGroupName"])
