"""Instances and the Auto Scaling groups that hold them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Client = Callable[[str], Any]


def instances(client: Client) -> dict[str, Any]:
    """Every group and every instance; an instance has its group's name and its life cycle there."""
    groups = client("autoscaling").get_paginator("describe_auto_scaling_groups").paginate()
    found = [group for page in groups for group in page["AutoScalingGroups"]]
    member = {one["InstanceId"]: (group, one) for group in found for one in group.get("Instances", [])}
    pages = client("ec2").get_paginator("describe_instances").paginate()
    records = [one for page in pages for reservation in page["Reservations"] for one in reservation["Instances"]]
    return {"groups": [group_line(group) for group in found], "instances": [line(one, member) for one in records]}


def group_line(group: dict[str, Any]) -> dict[str, Any]:
    """One Auto Scaling group."""
    states = [one.get("LifecycleState", "") for one in group.get("Instances", [])]
    return {
        "name": group["AutoScalingGroupName"],
        "desired": group["DesiredCapacity"],
        "least": group["MinSize"],
        "most": group["MaxSize"],
        "in_service": states.count("InService"),
        "states": sorted(state for state in states if state != "InService"),
    }


def line(record: dict[str, Any], member: dict[str, tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
    """One instance."""
    group, state = member.get(record["InstanceId"], ({}, {}))
    tags = {tag["Key"]: tag["Value"] for tag in record.get("Tags", [])}
    launched = record.get("LaunchTime")
    return {
        "id": record["InstanceId"],
        "name": tags.get("Name", ""),
        "type": record.get("InstanceType", ""),
        "zone": record.get("Placement", {}).get("AvailabilityZone", ""),
        "purchase": record.get("InstanceLifecycle") or "on-demand",
        "state": record["State"]["Name"],
        "group": group.get("AutoScalingGroupName", ""),
        "lifecycle": state.get("LifecycleState", ""),
        "launched": launched.timestamp() if launched else 0,
    }
