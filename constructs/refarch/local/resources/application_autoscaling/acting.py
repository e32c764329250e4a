"""What happens when an alarm calls a scaling policy: the capacity of the resource is changed through its own API.

ECS services and DynamoDB tables are changed; for every other kind of resource an activity says that nothing was done.
While the alarm stays, the policy acts again after its cooldown (simulated seconds).
"""

from __future__ import annotations

import contextvars
import logging
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from refarch.local import adapter, clock
from refarch.local.resources import api_calls
from refarch.local.resources.application_autoscaling import capacities, decisions, store

logger = logging.getLogger("refarch.local.scaling")
COOLDOWN = 60.0  # seconds between two actions of a policy that names none
MOST_ACTIVITIES = 1000
_busy: set[str] = set()


def install() -> None:
    dispatch = adapter.read("alarm actions")

    def tell(alarm: dict[str, Any], old_state: str, new_state: str, reason: str) -> None:
        if new_state == "ALARM" and alarm.get("ActionsEnabled", True):
            for action in alarm.get("AlarmActions") or []:
                _called(action, dict(alarm))
        dispatch(alarm, old_state, new_state, reason)

    adapter.replace("alarm actions", tell)


def _called(action: str, alarm: dict[str, Any]) -> None:
    found = [key for key, policy in store.here()[2].policies.items() if policy["PolicyARN"] == action]
    if found and action not in _busy:
        _busy.add(action)
        run = contextvars.copy_context().run
        work = threading.Thread(target=run, args=(_act, found[0], alarm), daemon=True, name="refarch-scaling")
        work.start()


def _act(key: tuple[store.Target, str], alarm: dict[str, Any]) -> None:
    """Act until the alarm is over, the capacity is at its bound, or the policy is gone."""
    region, policy = store.here()[2], None
    try:
        while (policy := region.policies.get(key)) and _alarmed(alarm["AlarmName"]):
            target = region.targets[key[0]]
            if not _once(region, target, policy, alarm):
                return
            clock.sleep(_cooldown(policy))
    except Exception as error:  # a resource that is gone, an API that refuses: said, and left alone
        logger.warning("the policy %s could not act: %s", key[1], error)
    finally:
        _busy.discard(str(policy["PolicyARN"]) if policy else "")
        _busy.difference_update(alarm.get("AlarmActions") or [])


def _once(region: store.Region, target: dict[str, Any], policy: dict[str, Any], alarm: dict[str, Any]) -> bool:
    """Whether the capacity was changed."""
    scale_in = str(alarm.get("ComparisonOperator", "")).startswith("LessThan")
    suspended = target["SuspendedState"]
    if suspended["DynamicScalingInSuspended" if scale_in else "DynamicScalingOutSuspended"]:
        return False
    capacity = capacities.of(target)
    metric = _latest(alarm)
    if capacity is None or metric is None:
        _note(region, target, "Unfulfilled", f"The local cloud cannot change {target['ResourceId']}", alarm)
        return False
    current = capacity.read()
    wanted = decisions.bounded(_wanted(policy, current, metric, alarm, scale_in=scale_in), target)
    if wanted == current:
        return False
    capacity.write(wanted)
    _note(region, target, "Successful", f"Setting desired count to {wanted}.", alarm)
    return True


def _wanted(policy: dict[str, Any], current: int, metric: float, alarm: dict[str, Any], *, scale_in: bool) -> int:
    if policy["PolicyType"] == "TargetTrackingScaling":
        target = float(policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"])
        return decisions.tracked(current, metric, target, scale_in=scale_in)
    return decisions.stepped(current, metric - float(alarm["Threshold"]), policy["StepScalingPolicyConfiguration"])


def _cooldown(policy: dict[str, Any]) -> float:
    configuration = policy.get("TargetTrackingScalingPolicyConfiguration") or policy["StepScalingPolicyConfiguration"]
    given = configuration.get("ScaleOutCooldown", configuration.get("Cooldown", COOLDOWN))
    return max(float(given), 1.0)


def _alarmed(name: str) -> bool:
    found = api_calls.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return bool(found) and found[0]["StateValue"] == "ALARM"


def _latest(alarm: dict[str, Any]) -> float | None:
    """The newest value of the alarm's metric."""
    statistic, now = alarm.get("Statistic") or "Average", datetime.now(UTC)
    points = api_calls.client("cloudwatch").get_metric_statistics(
        Namespace=alarm["Namespace"],
        MetricName=alarm["MetricName"],
        Dimensions=alarm.get("Dimensions") or [],
        StartTime=now - timedelta(minutes=20),
        EndTime=now + timedelta(minutes=1),
        Period=int(alarm.get("Period", 60)),
        Statistics=[statistic],
    )["Datapoints"]
    return float(max(points, key=lambda point: point["Timestamp"])[statistic]) if points else None


def _note(region: store.Region, target: dict[str, Any], status: str, what: str, alarm: dict[str, Any]) -> None:
    names = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    activity = {
        "ActivityId": str(uuid.uuid4()),
        **{name: target[name] for name in names},
        "Description": what,
        "Cause": f"monitor alarm {alarm['AlarmName']} in state ALARM",
        "StartTime": time.time(),
        "EndTime": time.time(),
        "StatusCode": status,
    }
    region.activities = [*region.activities, activity][-MOST_ACTIVITIES:]
