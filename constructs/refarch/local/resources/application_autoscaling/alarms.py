"""The two alarms in CloudWatch through which a target tracking policy acts: made, changed and ended with it.

A policy on a metric that this cloud cannot have (consumption that DynamoDB measures itself, metric math) gets no
alarms: nothing would ever move them.
"""

from __future__ import annotations

import hashlib
from typing import Any

from refarch.local.resources import api_calls

SCALE_IN_AT = 0.9  # of the target: as on AWS, so that a policy does not swing
PERIODS = {"AlarmHigh": 3, "AlarmLow": 15}
COMPARISONS = {"AlarmHigh": "GreaterThanThreshold", "AlarmLow": "LessThanThreshold"}
PREDEFINED = {
    "ECSServiceAverageCPUUtilization": ("AWS/ECS", "CPUUtilization", "Average"),
    "ECSServiceAverageMemoryUtilization": ("AWS/ECS", "MemoryUtilization", "Average"),
    "ALBRequestCountPerTarget": ("AWS/ApplicationELB", "RequestCountPerTarget", "Sum"),
}


def metric_of(policy: dict[str, Any]) -> dict[str, Any] | None:
    """The metric that the policy follows, as CloudWatch names it; None for one that is not to be had here."""
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    custom = configuration.get("CustomizedMetricSpecification")
    if custom is not None:
        names = ("Namespace", "MetricName", "Dimensions", "Statistic")
        return {name: custom[name] for name in names if name in custom} if "MetricName" in custom else None
    predefined = configuration["PredefinedMetricSpecification"]
    known = PREDEFINED.get(predefined["PredefinedMetricType"])
    if known is None:
        return None
    namespace, name, statistic = known
    dimensions = _dimensions(policy, predefined.get("ResourceLabel", ""))
    return {"Namespace": namespace, "MetricName": name, "Statistic": statistic, "Dimensions": dimensions}


def _dimensions(policy: dict[str, Any], label: str) -> list[dict[str, str]]:
    if label:  # app/<name>/<id>/targetgroup/<name>/<id>
        balancer, _, group = label.partition("/targetgroup/")
        return [{"Name": "LoadBalancer", "Value": balancer}, {"Name": "TargetGroup", "Value": f"targetgroup/{group}"}]
    _, cluster, service = policy["ResourceId"].split("/")
    return [{"Name": "ClusterName", "Value": cluster}, {"Name": "ServiceName", "Value": service}]


def make(policy: dict[str, Any]) -> list[dict[str, str]]:
    """Put the policy's alarms; their names and ARNs, none where nothing can act."""
    metric = metric_of(policy)
    if metric is None:
        return []
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    target = float(configuration["TargetValue"])
    kinds = ["AlarmHigh"] if configuration.get("DisableScaleIn") else ["AlarmHigh", "AlarmLow"]
    for kind in kinds:
        api_calls.client("cloudwatch").put_metric_alarm(
            AlarmName=_name(policy, kind),
            AlarmDescription=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy['PolicyARN']}.",
            AlarmActions=[policy["PolicyARN"]],
            ComparisonOperator=COMPARISONS[kind],
            EvaluationPeriods=PERIODS[kind],
            Threshold=target if kind == "AlarmHigh" else target * SCALE_IN_AT,
            Period=60,
            **metric,
        )
    return [_described(policy, kind) for kind in kinds]


def end(policy: dict[str, Any]) -> None:
    names = [alarm["AlarmName"] for alarm in policy["Alarms"]]
    if names:
        api_calls.client("cloudwatch").delete_alarms(AlarmNames=names)


def _described(policy: dict[str, Any], kind: str) -> dict[str, str]:
    region, account = policy["PolicyARN"].split(":")[3:5]
    name = _name(policy, kind)
    return {"AlarmName": name, "AlarmARN": f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"}


def _name(policy: dict[str, Any], kind: str) -> str:
    drawn = hashlib.sha256(f"{policy['PolicyARN']}{kind}".encode()).hexdigest()
    tail = f"{drawn[:8]}-{drawn[8:12]}-{drawn[12:16]}-{drawn[16:20]}-{drawn[20:32]}"
    return f"TargetTracking-{policy['ResourceId']}-{kind}-{tail}"
