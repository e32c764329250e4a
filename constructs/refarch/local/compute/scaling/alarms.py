"""An alarm that calls a scaling policy of a group: simple, step and target tracking policies change its capacity.

While the alarm stays, the policy acts again after its cooldown or warm-up (simulated seconds). Predictive policies are
recorded only.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from refarch.local import adapter, clock
from refarch.local.compute import scope
from refarch.local.compute.scaling import groups, settings
from refarch.local.compute.scaling.keeper import wake
from refarch.local.compute.scaling.more_api import adjusted, step_adjustment
from refarch.local.compute.scaling.policy import suspended

Policy = dict[str, Any]
COOLDOWN = 300.0  # seconds
_busy: set[str] = set()


def install() -> None:
    dispatch = adapter.read("alarm actions")

    def tell(alarm: dict[str, Any], old_state: str, new_state: str, reason: str) -> None:
        if new_state == "ALARM" and alarm.get("ActionsEnabled", True):
            for action in alarm.get("AlarmActions") or []:
                _called(str(action), dict(alarm))
        dispatch(alarm, old_state, new_state, reason)

    adapter.replace("alarm actions", tell)


def _find(arn: str) -> Policy | None:
    found = adapter.read("scaling policies").values()
    return next((policy for policy in found if policy["PolicyARN"] == arn), None)


def _called(arn: str, alarm: dict[str, Any]) -> None:
    with scope.lock:
        if _find(arn) is None or arn in _busy:
            return
        _busy.add(arn)
    scope.spawn("policy", _act, arn, alarm)


def _act(arn: str, alarm: dict[str, Any]) -> None:
    try:
        while (policy := _find(arn)) and _alarmed(alarm["AlarmName"]) and _once(policy, alarm):
            pause = policy.get("Cooldown") or policy.get("EstimatedInstanceWarmup") or COOLDOWN
            clock.sleep(float(pause))
    finally:
        _busy.discard(arn)


def _alarmed(name: str) -> bool:
    found = scope.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return bool(found) and found[0]["StateValue"] == "ALARM"


def _once(policy: Policy, alarm: dict[str, Any]) -> bool:
    """Whether the desired capacity was changed."""
    group = groups.find(policy["AutoScalingGroupName"])
    if group is None or suspended(group, "AlarmNotification"):
        return False
    wanted = _wanted(group, policy, alarm)
    if wanted is None or wanted == group["DesiredCapacity"]:
        return False
    settings.apply(group, {"DesiredCapacity": wanted}, whole=False)
    wake(group["AutoScalingGroupName"])
    return True


def _wanted(group: groups.Group, policy: Policy, alarm: dict[str, Any]) -> int | None:
    kind = policy.get("AdjustmentType", "ChangeInCapacity")
    if policy["PolicyType"] == "SimpleScaling":
        return adjusted(group, kind, int(policy.get("ScalingAdjustment") or 0))
    metric = _latest(alarm)
    if metric is None or policy["PolicyType"] not in ("StepScaling", "TargetTrackingScaling"):
        return None
    if policy["PolicyType"] == "StepScaling":
        return adjusted(group, kind, step_adjustment(policy, metric - float(alarm["Threshold"])))
    target = float(policy["TargetTrackingConfiguration"]["TargetValue"])
    scale_in = str(alarm.get("ComparisonOperator", "")).startswith("LessThan")
    return adjusted(group, "ExactCapacity", tracked(group["DesiredCapacity"], metric, target, scale_in=scale_in))


def tracked(current: int, metric: float, target: float, *, scale_in: bool) -> int:
    """The capacity that would bring the metric to its target, in the direction of the alarm only."""
    wanted = math.ceil(current * metric / target) if target else current
    return min(current, wanted) if scale_in else max(current, wanted)


def _latest(alarm: dict[str, Any]) -> float | None:
    """The newest value of the alarm's metric."""
    if not alarm.get("MetricName"):
        return None
    statistic, now = alarm.get("Statistic") or "Average", datetime.now(UTC)
    points = scope.client("cloudwatch").get_metric_statistics(
        Namespace=alarm["Namespace"],
        MetricName=alarm["MetricName"],
        Dimensions=alarm.get("Dimensions") or [],
        StartTime=now - timedelta(minutes=20),
        EndTime=now + timedelta(minutes=1),
        Period=int(alarm.get("Period", 60)),
        Statistics=[statistic],
    )["Datapoints"]
    return float(max(points, key=lambda point: point["Timestamp"])[statistic]) if points else None
