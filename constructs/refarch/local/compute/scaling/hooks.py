"""Lifecycle actions: an instance waits in its hooks until they are completed, run out of time, or abandon.

All hooks of a transition run at the same time. A launch is abandoned when one of them says so; an end goes on at once.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from refarch.local import adapter, clock
from refarch.local.compute import events, scope
from refarch.local.compute.scaling.activities import timestamp
from refarch.local.compute.scaling.groups import Group, is_current
from refarch.local.compute.wire import ApiError
from refarch.local.functions import grants

LAUNCHING, TERMINATING = "autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"
LONGEST = 48 * 3600  # seconds; and a hundred heartbeats
LOOK = 0.25  # real seconds after which a wait looks whether its group is still there
Hook = Mapping[str, Any]


@dataclass(eq=False)
class Action:
    """One hook of one instance that waits."""

    group: Group
    instance_id: str
    hook: Hook
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: float = field(default_factory=time.monotonic)
    deadline: float = 0.0
    result: str = ""
    done: threading.Event = field(default_factory=threading.Event)

    def beat(self) -> None:
        """Wait for another heartbeat's time from now, within what AWS allows."""
        heartbeat = int(self.hook.get("HeartbeatTimeout") or 3600)
        latest = self.started + clock.scaled(min(LONGEST, 100 * heartbeat))
        self.deadline = min(time.monotonic() + clock.scaled(heartbeat), latest)

    def complete(self, result: str) -> None:
        self.result = result
        self.done.set()


_waiting: list[Action] = []
# Rooms that add hooks which AWS's services make themselves, and that hear of an action when it begins.
more_hooks: list[Callable[[Group], list[dict[str, Any]]]] = []
began: list[Callable[[Action], None]] = []


def hooks_of(group: Group) -> list[dict[str, Any]]:
    """The hooks of a group, those that another service made included."""
    name = group["AutoScalingGroupName"]
    own = [hook for hook in adapter.read("lifecycle hooks").values() if hook["AutoScalingGroupName"] == name]
    return own + [hook for source in more_hooks for hook in source(group)]


def run(group: Group, instance_id: str, transition: str, origin: str = "", destination: str = "") -> str:
    """Wait in every hook of the transition; `CONTINUE` or `ABANDON`. At once where there are none."""
    actions = [Action(group, instance_id, h) for h in hooks_of(group) if h["LifecycleTransition"] == transition]
    with scope.lock:
        _waiting.extend(actions)
    for action in actions:
        action.beat()
        _announce(action, origin, destination)
    results = []
    for action in actions:
        if "ABANDON" not in results:
            results.append(_await(action))
    with scope.lock:
        _waiting[:] = [action for action in _waiting if action not in actions]
    return "ABANDON" if "ABANDON" in results else "CONTINUE"


def _await(action: Action) -> str:
    while not action.done.wait(min(LOOK, max(0.0, action.deadline - time.monotonic()))):
        if not is_current(action.group):
            return "CONTINUE"  # deleted by force: nothing waits any more
        if time.monotonic() >= action.deadline:
            return str(action.hook.get("DefaultResult") or "ABANDON")
    return action.result


def _announce(action: Action, origin: str, destination: str) -> None:
    launching = action.hook["LifecycleTransition"] == LAUNCHING
    detail = {
        "LifecycleActionToken": action.token,
        "AutoScalingGroupName": action.group["AutoScalingGroupName"],
        "LifecycleHookName": action.hook["LifecycleHookName"],
        "EC2InstanceId": action.instance_id,
        "LifecycleTransition": action.hook["LifecycleTransition"],
        "Origin": origin or ("EC2" if launching else "AutoScalingGroup"),
        "Destination": destination or ("AutoScalingGroup" if launching else "EC2"),
    }
    if action.hook.get("NotificationMetadata"):
        detail["NotificationMetadata"] = action.hook["NotificationMetadata"]
    kind = f"EC2 Instance-{'launch' if launching else 'terminate'} Lifecycle Action"
    events.emit("aws.autoscaling", kind, detail, [action.group["AutoScalingGroupARN"]])
    for listener in began:
        listener(action)
    transition = action.hook["LifecycleTransition"].split(":")[1]
    notify(action.hook, f"Auto Scaling:  Lifecycle action '{transition}' for instance {action.instance_id}", detail)


def test_notification(group: Group, hook: Hook) -> None:
    """What AWS sends when a hook with a target is put."""
    names = {key: group[key] for key in ("AutoScalingGroupName", "AutoScalingGroupARN")}
    notify(hook, "Auto Scaling: test notification", {**names, "Event": "autoscaling:TEST_NOTIFICATION"})


def notify(hook: Hook, subject: str, detail: Mapping[str, Any]) -> None:
    """Send to the hook's topic or queue; a target that is not there does not stop the instance, as on AWS."""
    target = str(hook.get("NotificationTargetARN") or "")
    if not target:
        return
    if not _granted(hook, target):
        return
    about = {"Service": "AWS Auto Scaling", "Time": timestamp(), "AccountId": scope.account()}
    message = json.dumps({**about, "RequestId": str(uuid.uuid4()), **detail})
    try:
        if ":sns:" in target:
            scope.client("sns").publish(TopicArn=target, Subject=subject[:100], Message=message)
        else:
            queues = scope.client("sqs")
            url = queues.get_queue_url(QueueName=target.rsplit(":", 1)[-1])["QueueUrl"]
            queues.send_message(QueueUrl=url, MessageBody=message)
    except Exception as error:
        scope.logger.warning("the notification of %s did not reach %s: %s", hook["LifecycleHookName"], target, error)


def _granted(hook: Hook, target: str) -> bool:
    """Whether the hook's role may tell the target; only asked with permissions on."""
    role, action = str(hook.get("RoleARN") or ""), "sns:Publish" if ":sns:" in target else "sqs:SendMessage"
    if not role or not adapter.read("permissions are enforced") or grants.role_allows(role, action, target):
        return True
    scope.logger.warning("the hook %s: %s", hook["LifecycleHookName"], grants.denial(role, action, target))
    return False


def find(request: Mapping[str, Any]) -> Action:
    """The waiting action that an API call means, by its token or its instance. Raises `ApiError`."""
    token, instance_id = request.get("LifecycleActionToken"), request.get("InstanceId")
    with scope.lock:
        for action in _waiting:
            fits = action.token == token if token else action.instance_id == instance_id
            named = action.hook["LifecycleHookName"] == request["LifecycleHookName"]
            here = action.group["AutoScalingGroupName"] == request["AutoScalingGroupName"] and is_current(action.group)
            if fits and named and here and not action.done.is_set():
                return action
    kind, value = ("token", token) if token else ("instance ID", instance_id)
    raise ApiError("ValidationError", f"No active Lifecycle Action found with {kind} {value}")
