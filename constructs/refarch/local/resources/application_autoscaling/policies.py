"""Scaling policies. A target tracking policy acts through its two alarms in CloudWatch, as on AWS."""

from __future__ import annotations

import time
import uuid
from typing import Any

from refarch.local.resources.application_autoscaling import alarms, paging, store
from refarch.local.resources.application_autoscaling.errors import invalid, not_found
from refarch.local.resources.application_autoscaling.targets import key_of, known

CONFIGURATIONS = {
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
    "StepScaling": "StepScalingPolicyConfiguration",
    "PredictiveScaling": "PredictiveScalingPolicyConfiguration",
}
ONLY_TRACKED = ("dynamodb", "cassandra", "kafka")  # namespaces without step scaling


def put(request: dict[str, Any]) -> dict[str, Any]:
    key, name = known(request), request["PolicyName"]
    account, region, found = store.here()
    before = found.policies.get((key, name))
    kind = request.get("PolicyType") or (before or {}).get("PolicyType", "StepScaling")
    _check(request, kind, before)
    wanted = CONFIGURATIONS[kind]
    drawn = f"{uuid.uuid4()}:resource/{key[0]}/{key[1]}:policyName/{name}"
    entry = {
        "PolicyARN": f"arn:aws:autoscaling:{region}:{account}:scalingPolicy:{drawn}",
        "PolicyName": name,
        "ServiceNamespace": key[0],
        "ResourceId": key[1],
        "ScalableDimension": key[2],
        "CreationTime": time.time(),
        "Alarms": [],
        **(before or {}),
        "PolicyType": kind,
        wanted: request.get(wanted) or (before or {}).get(wanted, {}),
    }
    if kind == "TargetTrackingScaling":
        alarms.end(entry)
        entry["Alarms"] = alarms.make(entry)
    found.policies[key, name] = entry
    return {"PolicyARN": entry["PolicyARN"], "Alarms": entry["Alarms"]}


def _check(request: dict[str, Any], kind: str, before: dict[str, Any] | None) -> None:
    if before and before["PolicyType"] != kind:
        raise invalid(f"Policy type cannot be changed from {before['PolicyType']} to {kind}")
    if kind == "StepScaling" and request["ServiceNamespace"] in ONLY_TRACKED:
        raise invalid(f"The policy type StepScaling is not supported for {request['ServiceNamespace']}")
    for other, configuration in CONFIGURATIONS.items():
        if other != kind and configuration in request:
            raise invalid(f"{configuration} cannot be specified for the policy type {kind}")
    if CONFIGURATIONS[kind] not in request and before is None:
        raise invalid(f"{CONFIGURATIONS[kind]} is required for the policy type {kind}")
    if kind == "TargetTrackingScaling":
        _check_tracking(request.get(CONFIGURATIONS[kind]))


def _check_tracking(configuration: dict[str, Any] | None) -> None:
    metrics = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
    if configuration is not None and sum(name in configuration for name in metrics) != 1:
        raise invalid(
            "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified"
        )


def delete(request: dict[str, Any]) -> dict[str, Any]:
    key, name = key_of(request), request["PolicyName"]
    if (key, name) not in store.here()[2].policies:
        raise not_found(f"scaling policy named {name} found", key)
    forget(key, name)
    return {}


def forget(key: store.Target, name: str) -> None:
    """A policy goes with its alarms."""
    alarms.end(store.here()[2].policies.pop((key, name)))


def describe(request: dict[str, Any]) -> dict[str, Any]:
    wanted = set(request.get("PolicyNames") or [])
    listed = [
        entry
        for ((namespace, resource, dimension), name), entry in store.here()[2].policies.items()
        if namespace == request["ServiceNamespace"]
        and request.get("ResourceId", resource) == resource
        and request.get("ScalableDimension", dimension) == dimension
        and (not wanted or name in wanted)
    ]
    return paging.page("ScalingPolicies", listed, request)
