"""Keeps every Auto Scaling group at its desired capacity: one thread looks at a group while there is work."""

from __future__ import annotations

import time

from refarch.local import clock
from refarch.local.compute import instances, scope
from refarch.local.compute.scaling import activities, lives
from refarch.local.compute.scaling.groups import Group, every, find, is_current, owner
from refarch.local.compute.scaling.policy import Decision, decide, desired, serving, suspended, weight
from refarch.local.compute.scaling.replacing import lifetime

Key = tuple[str, str, str]
PAUSE = 60.0  # simulated seconds before a launch that failed or was abandoned is tried again
RESTARTED = "the local cloud was restarted."
_dirty: set[Key] = set()
_busy: set[Key] = set()


def install() -> None:
    lives.wake = wake
    instances.listen(_on_state)


def wake(name: str) -> None:
    """Look at this group soon: something about it changed."""
    key = (*scope.place(), name)
    with scope.lock:
        _dirty.add(key)
        if key in _busy:
            return
        _busy.add(key)
    scope.spawn(f"group-{name}", _work, key)


def _work(key: Key) -> None:
    try:
        while True:
            with scope.lock:
                if key not in _dirty:
                    _busy.discard(key)
                    return
                _dirty.discard(key)
            group = find(key[2])
            if group is not None:
                step(group)
    except BaseException:
        with scope.lock:
            _busy.discard(key)
        raise


def step(group: Group) -> None:
    """Do once what the policy decides."""
    with scope.lock:
        _look_at_instances(group)
        decision = decide(group)
    for member in lifetime.expired(group, time.time()):
        lives.begin_leaving(group, member, lifetime.CAUSE)
        wake(group["AutoScalingGroupName"])
    lifetime.watch(group, wake)
    for instance_id, cause in decision.end:
        for member in [m for m in group["Instances"] if m["InstanceId"] == instance_id]:
            lives.begin_leaving(group, member, cause)
    if decision.launch:
        _launch(group, decision)
    if decision.end:
        wake(group["AutoScalingGroupName"])


def _look_at_instances(group: Group) -> None:
    """The health check of EC2: what does not run is unhealthy."""
    if suspended(group, "HealthCheck"):
        return
    for member in group["Instances"]:
        state = instances.state(member["InstanceId"])
        if state not in ("pending", "running") and member["LifecycleState"] == "InService":
            member["HealthStatus"] = "Unhealthy"
            member["Complaint"] = (
                "an instance was taken out of service in response to an EC2 health check indicating it has been "
                f"{'terminated or stopped' if state != 'stopped' else 'stopped'}."
            )


def _launch(group: Group, decision: Decision) -> None:
    if group.get("Abandoned"):
        return _later(group)
    before = sum(map(weight, serving(group)))
    cause = (
        "an instance was started in response to a difference between desired and actual capacity, "
        f"increasing the capacity from {before} to {before + decision.launch}."
    )
    launched = 0
    while launched < decision.launch and is_current(group):
        try:
            launched += weight(lives.launch(group, cause))
        except lives.LaunchFailed as failure:
            scope.logger.warning("group %s could not launch: %s", group["AutoScalingGroupName"], failure)
            return _later(group)
    return None


def _later(group: Group) -> None:
    def again() -> None:
        clock.sleep(PAUSE)
        group["Abandoned"] = 0
        wake(group["AutoScalingGroupName"])

    scope.spawn(f"retry-{group['AutoScalingGroupName']}", again)


def _on_state(instance_id: str, state: str) -> None:
    found = owner(instance_id)
    if found and state in ("stopped", "terminated"):
        wake(found[0]["AutoScalingGroupName"])


def at_risk(instance_id: str) -> None:
    """A rebalance recommendation came: a group with capacity rebalancing launches a replacement first."""
    found = owner(instance_id)
    if found and found[0].get("CapacityRebalance"):
        found[1]["AtRisk"] = True
        wake(found[0]["AutoScalingGroupName"])


def stable(group: Group) -> bool:
    """Whether as much as desired is in service, and nothing comes or goes."""
    in_service = [
        m for m in group["Instances"] if m["LifecycleState"] == "InService" and m["HealthStatus"] == "Healthy"
    ]
    return sum(map(weight, in_service)) >= desired(group) and len(in_service) == len(serving(group))


def resume() -> None:
    """Go on after a restart: what was on its way in or out when the cloud was saved goes its way again."""
    for group in every():
        for member in list(group["Instances"]):
            if member["LifecycleState"].startswith("Terminating"):
                scope.spawn("resumed", lives.leave, group, member, RESTARTED)
            elif member["LifecycleState"].startswith("Pending"):
                activity = activities.begin(group, activities.LAUNCH, member["InstanceId"], RESTARTED)
                scope.spawn("resumed", lives.enter, group, member, activity)
        wake(group["AutoScalingGroupName"])
