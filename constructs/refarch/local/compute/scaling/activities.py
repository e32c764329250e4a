"""Scaling activities: recorded, described, and told to EventBridge and to the group's topics."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from refarch.local.compute import events, instances, scope
from refarch.local.compute.scaling.groups import Group

Activity = dict[str, Any]
KEPT = 200
LAUNCH, END = "Launching a new EC2 instance", "Terminating EC2 instance"
# verb: (detail-type when it worked, when not, the type of a notification, origin, destination)
_EVENTS = {
    LAUNCH: ("EC2 Instance Launch Successful", "EC2 Instance Launch Unsuccessful", "EC2_INSTANCE_LAUNCH"),
    END: ("EC2 Instance Terminate Successful", "EC2 Instance Terminate Unsuccessful", "EC2_INSTANCE_TERMINATE"),
}


def timestamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def begin(group: Group, verb: str, instance_id: str, cause: str, **details: str) -> Activity:
    """Record that something begins; `cause` is what follows the time in AWS's sentence."""
    activity = {
        "ActivityId": str(uuid.uuid4()),
        "AutoScalingGroupName": group["AutoScalingGroupName"],
        "AutoScalingGroupARN": group["AutoScalingGroupARN"],
        "Description": f"{verb}: {instance_id}" if instance_id else verb,
        "Cause": f"At {timestamp()} {cause}",
        "StartTime": timestamp(),
        "StatusCode": "InProgress",
        "Progress": 50,
        "Details": json.dumps(details),
    }
    with scope.lock:
        group.setdefault("Activities", []).insert(0, activity)
        del group["Activities"][KEPT:]
    return activity


def finish(group: Group, activity: Activity, verb: str, instance_id: str, *, problem: str = "") -> None:
    """Record how it ended and tell everybody."""
    activity |= {"EndTime": timestamp(), "StatusCode": "Failed" if problem else "Successful", "Progress": 100}
    if problem:
        activity["StatusMessage"] = problem
    worked, failed, kind = _EVENTS[verb]
    detail = _detail(activity, verb, instance_id, problem)
    resources = [group["AutoScalingGroupARN"], *([instances.arn(instance_id)] if instance_id else [])]
    events.emit("aws.autoscaling", failed if problem else worked, detail, resources)
    _notify(group, f"autoscaling:{kind}{'_ERROR' if problem else ''}", detail)


def _detail(activity: Activity, verb: str, instance_id: str, problem: str) -> dict[str, Any]:
    ends = ("EC2", "AutoScalingGroup") if verb == LAUNCH else ("AutoScalingGroup", "EC2")
    return {
        "Origin": ends[0],
        "Destination": ends[1],
        "StatusCode": "Failed" if problem else "InProgress",
        "Description": activity["Description"],
        "AutoScalingGroupName": activity["AutoScalingGroupName"],
        "ActivityId": activity["ActivityId"],
        "Details": json.loads(activity["Details"]),
        "RequestId": activity["ActivityId"],
        "StatusMessage": problem,
        "StartTime": activity["StartTime"],
        "EndTime": activity["EndTime"],
        "EC2InstanceId": instance_id,
        "Cause": activity["Cause"],
    }


def _notify(group: Group, event: str, detail: dict[str, Any]) -> None:
    topics = [entry["TopicARN"] for entry in group.get("Notifications") or [] if event in entry["NotificationTypes"]]
    message = {
        **detail,
        "Service": "AWS Auto Scaling",
        "Event": event,
        "Time": timestamp(),
        "AccountId": scope.account(),
        "AutoScalingGroupARN": group["AutoScalingGroupARN"],
        "Progress": 50,
    }
    for topic in topics:
        subject = f'Auto Scaling: {event.split(":")[1].lower()} for group "{group["AutoScalingGroupName"]}"'
        scope.client("sns").publish(TopicArn=topic, Subject=subject[:100], Message=json.dumps(message))
