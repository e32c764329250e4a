"""The smaller parts of Auto Scaling's API: target groups, notifications, scaling policies that are run by hand."""

from __future__ import annotations

import math
from typing import Any

from refarch.local import adapter
from refarch.local.compute.scaling import groups, settings
from refarch.local.compute.scaling.groups import Group
from refarch.local.compute.scaling.keeper import wake
from refarch.local.compute.targets import membership
from refarch.local.compute.wire import ApiError

Request = dict[str, Any]
NOTIFICATION_TYPES = [
    f"autoscaling:{name}"
    for name in (
        "EC2_INSTANCE_LAUNCH",
        "EC2_INSTANCE_LAUNCH_ERROR",
        "EC2_INSTANCE_TERMINATE",
        "EC2_INSTANCE_TERMINATE_ERROR",
        "TEST_NOTIFICATION",
    )
]


def attach_target_groups(request: Request) -> None:
    group = groups.get(request["AutoScalingGroupName"])
    known = group.setdefault("TargetGroupARNs", [])
    for arn in request["TargetGroupARNs"]:
        if arn not in adapter.read("target groups"):
            raise ApiError("ValidationError", f"Provided Target Groups may not be valid: {arn}")
        if arn not in known:
            known.append(arn)
    for member in _in_service(group):
        membership.join(request["TargetGroupARNs"], member["InstanceId"])


def detach_target_groups(request: Request) -> None:
    group, leaving = groups.get(request["AutoScalingGroupName"]), request["TargetGroupARNs"]
    group["TargetGroupARNs"] = [arn for arn in group.get("TargetGroupARNs") or [] if arn not in leaving]
    for arn in leaving:
        membership.deregister(arn, [{"Id": member["InstanceId"]} for member in group["Instances"]])


def describe_target_groups(request: Request) -> Request:
    group = groups.get(request["AutoScalingGroupName"])
    rows = [{"LoadBalancerTargetGroupARN": arn, "State": "InService"} for arn in group.get("TargetGroupARNs") or []]
    return {"LoadBalancerTargetGroups": rows}


def change_target_groups(group: Group, before: list[str]) -> None:
    """A template changed the target groups: register and take out accordingly."""
    after = group.get("TargetGroupARNs") or []
    members = [{"Id": member["InstanceId"]} for member in _in_service(group)]
    for arn in set(before) - set(after):
        membership.deregister(arn, members)
    for arn in set(after) - set(before):
        membership.register(arn, members)


def _in_service(group: Group) -> list[groups.Member]:
    return [member for member in group["Instances"] if member["LifecycleState"] == "InService"]


def put_notifications(request: Request) -> None:
    group = groups.get(request["AutoScalingGroupName"])
    rows = [row for row in group.get("Notifications") or [] if row["TopicARN"] != request["TopicARN"]]
    wanted = {name: request[name] for name in ("TopicARN", "NotificationTypes")}
    group["Notifications"] = [*rows, wanted]


def delete_notifications(request: Request) -> None:
    group = groups.get(request["AutoScalingGroupName"])
    rows = group.get("Notifications") or []
    group["Notifications"] = [row for row in rows if row["TopicARN"] != request["TopicARN"]]


def describe_notifications(request: Request) -> Request:
    wanted = request.get("AutoScalingGroupNames")
    rows = [
        {
            "AutoScalingGroupName": group["AutoScalingGroupName"],
            "TopicARN": row["TopicARN"],
            "NotificationType": kind,
        }
        for group in groups.every()
        if not wanted or group["AutoScalingGroupName"] in wanted
        for row in group.get("Notifications") or []
        for kind in row["NotificationTypes"]
    ]
    return {"NotificationConfigurations": rows}


def describe_notification_types(_: Request) -> Request:
    return {"AutoScalingNotificationTypes": NOTIFICATION_TYPES}


def execute_policy(request: Request) -> None:
    """Run a simple or step scaling policy now."""
    policies = adapter.read("scaling policies").values()
    wanted, name = request["PolicyName"], request.get("AutoScalingGroupName")
    found = [
        policy
        for policy in policies
        if policy["PolicyARN"] == wanted or (policy["PolicyName"], policy["AutoScalingGroupName"]) == (wanted, name)
    ]
    if not found:
        raise ApiError("ValidationError", f"PolicyName not found: {wanted}")
    policy = found[0]
    if policy["PolicyType"] not in ("SimpleScaling", "StepScaling"):
        raise ApiError("ValidationError", f"A policy of type {policy['PolicyType']} cannot be executed by hand.")
    group = groups.get(policy["AutoScalingGroupName"])
    change = _adjustment(policy, request)
    desired = adjusted(group, policy.get("AdjustmentType", "ChangeInCapacity"), change)
    settings.apply(group, {"DesiredCapacity": desired}, whole=False)
    wake(group["AutoScalingGroupName"])


def _adjustment(policy: Request, request: Request) -> int:
    if policy["PolicyType"] == "SimpleScaling":
        return int(policy.get("ScalingAdjustment") or 0)
    if "MetricValue" not in request or "BreachThreshold" not in request:
        raise ApiError("ValidationError", "A step scaling policy needs MetricValue and BreachThreshold.")
    return step_adjustment(policy, request["MetricValue"] - request["BreachThreshold"])


def step_adjustment(policy: Request, beyond: float) -> int:
    """What a step scaling policy says for a metric that is so far beyond the threshold."""
    for step in policy.get("StepAdjustments") or []:
        low, high = step.get("MetricIntervalLowerBound"), step.get("MetricIntervalUpperBound")
        if (low is None or beyond >= float(low)) and (high is None or beyond < float(high)):
            return int(step["ScalingAdjustment"])
    return 0


def adjusted(group: Group, kind: str, change: int) -> int:
    """The desired capacity after an adjustment, within the limits of the group."""
    desired: int = group["DesiredCapacity"]
    if kind == "ExactCapacity":
        wanted = change
    elif kind == "PercentChangeInCapacity":
        part = desired * change / 100
        wanted = desired + (math.ceil(part) if 0 < part < 1 else math.floor(part) if -1 < part < 0 else int(part))
    else:
        wanted = desired + change
    return max(int(group["MinSize"]), min(int(group["MaxSize"]), wanted))
