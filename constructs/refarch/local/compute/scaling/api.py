"""Auto Scaling's API for groups: made, changed, looked at and deleted."""

from __future__ import annotations

import uuid
from typing import Any

from refarch.local import adapter
from refarch.local.compute import instances, scope
from refarch.local.compute.scaling import groups, hooks, scheduled, settings
from refarch.local.compute.scaling.activities import timestamp
from refarch.local.compute.scaling.groups import Group
from refarch.local.compute.scaling.keeper import wake
from refarch.local.compute.targets.membership import deregister
from refarch.local.compute.wire import ApiError

Request = dict[str, Any]


def create(request: Request) -> None:
    name = request["AutoScalingGroupName"]
    if groups.find(name):
        raise ApiError(
            "AlreadyExists",
            f"AutoScalingGroup by this name already exists - A group with the name {name} already exists",
        )
    if "InstanceId" in request:
        raise ApiError("ValidationError", "The local cloud makes no group from an instance; give a launch template.")
    where = f"{scope.region()}:{scope.account()}:autoScalingGroup:{uuid.uuid4()}:autoScalingGroupName/{name}"
    group: Group = {
        "AutoScalingGroupName": name,
        "AutoScalingGroupARN": f"arn:aws:autoscaling:{where}",
        "Instances": [],
        "CreatedTime": timestamp(),
        "SuspendedProcesses": [],
        "EnabledMetrics": [],
        "Status": "",
    }
    settings.apply(group, request, whole=True)
    tags = [
        {"ResourceId": name, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": False} | tag
        for tag in request.get("Tags") or []
    ]
    group["Tags"] = adapter.read("scaling tags")[name] = tags
    adapter.read("scaling groups")[name] = group
    started(group, request)


def started(group: Group, request: Request) -> None:
    """What begins with a group, however it was made: its declared hooks, and its instances."""
    for hook in request.get("LifecycleHookSpecificationList") or []:
        put_hook({**hook, "AutoScalingGroupName": group["AutoScalingGroupName"]})
    scheduled.watch()
    wake(group["AutoScalingGroupName"])


def update(request: Request) -> None:
    group = groups.get(request["AutoScalingGroupName"])
    settings.apply(group, request, whole=False)
    wake(group["AutoScalingGroupName"])


def set_desired(request: Request) -> None:
    group = groups.get(request["AutoScalingGroupName"])
    settings.apply(group, {"DesiredCapacity": request["DesiredCapacity"]}, whole=False)
    wake(group["AutoScalingGroupName"])


def delete(request: Request) -> None:
    group = groups.get(request["AutoScalingGroupName"])
    if group["Instances"] and not request.get("ForceDelete"):
        message = "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance "
        message += "request(s) still in the group."
        raise ApiError("ResourceInUse", message)
    remove(group)


def remove(group: Group) -> None:
    """Forget a group and end its instances at once, past every hook, as a delete by force does."""
    name = group["AutoScalingGroupName"]
    with scope.lock:
        adapter.read("scaling groups").pop(name, None)
        adapter.read("scaling tags").pop(name, None)
        left = [member["InstanceId"] for member in group["Instances"]]
    adapter.read("delete hooks of a group")(name)
    adapter.read("delete policies of a group")(name)
    instances.end(left)
    _leave_load_balancers(group, left)


def _leave_load_balancers(group: Group, left: list[str]) -> None:
    for arn in group.get("TargetGroupARNs") or []:
        deregister(arn, [{"Id": instance_id} for instance_id in left])


def describe(request: Request) -> Request:
    wanted = request.get("AutoScalingGroupNames")
    found = [group for group in groups.every() if not wanted or group["AutoScalingGroupName"] in wanted]
    for condition in request.get("Filters") or []:
        found = [group for group in found if _fits(group, condition)]
    return {"AutoScalingGroups": [_shown(group) for group in found]}


def _fits(group: Group, condition: Request) -> bool:
    name, values = condition["Name"], condition["Values"]
    tags = group.get("Tags") or []
    if name.startswith("tag:"):
        return any(tag["Key"] == name[4:] and tag.get("Value") in values for tag in tags)
    keys = {"tag-key": "Key", "tag-value": "Value"}
    if name not in keys:
        raise ApiError("ValidationError", f"Filter type {name} is not correct. Allowed: tag-key, tag-value, tag:<key>")
    return any(tag.get(keys[name]) in values for tag in tags)


def _shown(group: Group) -> Request:
    zones = list(dict.fromkeys(groups.zones(group).values()))
    source = {name: group.get(name) or None for name in ("LaunchTemplate", "LaunchConfigurationName")}
    return {**group, **source, "AvailabilityZones": zones}


def describe_instances(request: Request) -> Request:
    wanted = request.get("InstanceIds")
    rows = [
        {
            **member,
            "AutoScalingGroupName": group["AutoScalingGroupName"],
            "HealthStatus": member["HealthStatus"].upper(),
        }
        for group in groups.every()
        for member in group["Instances"]
        if not wanted or member["InstanceId"] in wanted
    ]
    return {"AutoScalingInstances": rows}


def describe_activities(request: Request) -> Request:
    name, wanted = request.get("AutoScalingGroupName"), request.get("ActivityIds")
    chosen = [groups.get(name)] if name else groups.every()
    rows = [activity for group in chosen for activity in group.get("Activities") or []]
    return {"Activities": [row for row in rows if not wanted or row["ActivityId"] in wanted]}


def put_hook(request: Request) -> None:
    """Put a lifecycle hook; its target gets a test notification."""
    group = groups.get(request["AutoScalingGroupName"])
    key = f"{request['AutoScalingGroupName']}/{request['LifecycleHookName']}"
    known = adapter.read("lifecycle hooks").get(key, {})
    defaults = {"HeartbeatTimeout": 3600, "DefaultResult": "ABANDON"}
    hook = {**defaults, **known, **request}
    if hook.get("LifecycleTransition") not in (hooks.LAUNCHING, hooks.TERMINATING):
        raise ApiError("ValidationError", f"LifecycleTransition must be {hooks.LAUNCHING} or {hooks.TERMINATING}")
    if hook["DefaultResult"] not in ("CONTINUE", "ABANDON"):
        raise ApiError("ValidationError", "DefaultResult must be CONTINUE or ABANDON")
    if not 30 <= hook["HeartbeatTimeout"] <= 7200:
        raise ApiError("ValidationError", "HeartbeatTimeout must be from 30 to 7200 seconds")
    adapter.read("lifecycle hooks")[key] = hook
    scope.spawn("test-notification", hooks.test_notification, group, hook)


def describe_hooks(request: Request) -> Request:
    wanted = request.get("LifecycleHookNames")
    found = hooks.hooks_of(groups.get(request["AutoScalingGroupName"]))
    shown = [{**hook, "GlobalTimeout": min(172800, 100 * hook["HeartbeatTimeout"])} for hook in found]
    return {"LifecycleHooks": [hook for hook in shown if not wanted or hook["LifecycleHookName"] in wanted]}


def complete_action(request: Request) -> None:
    result = request["LifecycleActionResult"]
    if result not in ("CONTINUE", "ABANDON"):
        raise ApiError("ValidationError", f"LifecycleActionResult must be CONTINUE or ABANDON, not {result}")
    hooks.find(request).complete(result)


def heartbeat(request: Request) -> None:
    hooks.find(request).beat()


def suspend(request: Request) -> None:
    group = groups.get(request["AutoScalingGroupName"])
    for name in request.get("ScalingProcesses") or PROCESSES:
        if name not in PROCESSES:
            raise ApiError("ValidationError", f"The process {name} is none of {', '.join(PROCESSES)}")
        entry = {"ProcessName": name, "SuspensionReason": f"User suspended at {timestamp()}"}
        known = group.setdefault("SuspendedProcesses", [])
        if all(row["ProcessName"] != name for row in known):
            known.append(entry)


def resume(request: Request) -> None:
    group = groups.get(request["AutoScalingGroupName"])
    names = request.get("ScalingProcesses") or PROCESSES
    kept = [row for row in group.get("SuspendedProcesses") or [] if row["ProcessName"] not in names]
    group["SuspendedProcesses"] = kept
    wake(group["AutoScalingGroupName"])


PROCESSES = (
    "Launch",
    "Terminate",
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "ReplaceUnhealthy",
    "ScheduledActions",
)
