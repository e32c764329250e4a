"""Scalable targets: register, describe, deregister."""

from __future__ import annotations

import time
import uuid
from typing import Any

from refarch.local.resources.application_autoscaling import paging, store
from refarch.local.resources.application_autoscaling.checks import check_target
from refarch.local.resources.application_autoscaling.errors import invalid, not_found

ROLES = {
    "cassandra": "CassandraTable",
    "custom-resource": "CustomResource",
    "dynamodb": "DynamoDBTable",
    "ec2": "EC2SpotFleetRequest",
    "ecs": "ECSService",
    "elasticache": "ElastiCacheRG",
    "kafka": "KafkaCluster",
    "lambda": "LambdaConcurrency",
    "rds": "RDSCluster",
    "sagemaker": "SageMakerEndpoint",
}


def key_of(request: dict[str, Any]) -> store.Target:
    return request["ServiceNamespace"], request["ResourceId"], request["ScalableDimension"]


def known(request: dict[str, Any]) -> store.Target:
    """The target of a request, which must be registered."""
    key = key_of(request)
    if key not in store.here()[2].targets:
        raise not_found("scalable target registered", key)
    return key


def register(request: dict[str, Any]) -> dict[str, Any]:
    key = key_of(request)
    check_target(*key)
    account, region, found = store.here()
    before = found.targets.get(key)
    if before is None and not {"MinCapacity", "MaxCapacity"} <= request.keys():
        raise invalid("MinCapacity and MaxCapacity are required when a new scalable target is registered")
    entry = {**(before or _new(key, account, region)), **_given(request)}
    if entry["MinCapacity"] > entry["MaxCapacity"]:
        raise invalid("Maximum capacity cannot be less than minimum capacity")
    if min(entry["MinCapacity"], entry["MaxCapacity"]) < 0:
        raise invalid("Minimum capacity and maximum capacity must not be negative")
    found.targets[key] = entry
    found.tags.setdefault(entry["ScalableTargetARN"], {}).update(request.get("Tags", {}))
    return {"ScalableTargetARN": entry["ScalableTargetARN"]}


def _new(key: store.Target, account: str, region: str) -> dict[str, Any]:
    namespace, resource, dimension = key
    principal = f"{namespace}.application-autoscaling.amazonaws.com"
    role = f"{principal}/AWSServiceRoleForApplicationAutoScaling_{ROLES.get(namespace, namespace)}"
    drawn = uuid.uuid4().hex
    return {
        "ServiceNamespace": namespace,
        "ResourceId": resource,
        "ScalableDimension": dimension,
        "RoleARN": f"arn:aws:iam::{account}:role/aws-service-role/{role}",
        "CreationTime": time.time(),
        "SuspendedState": {
            "DynamicScalingInSuspended": False,
            "DynamicScalingOutSuspended": False,
            "ScheduledScalingSuspended": False,
        },
        "ScalableTargetARN": f"arn:aws:application-autoscaling:{region}:{account}:scalable-target/{drawn}",
    }


def _given(request: dict[str, Any]) -> dict[str, Any]:
    names = ("MinCapacity", "MaxCapacity", "RoleARN", "SuspendedState")
    return {name: request[name] for name in names if request.get(name) is not None}


def deregister(request: dict[str, Any]) -> dict[str, Any]:
    """A target goes with its policies and scheduled actions."""
    from refarch.local.resources.application_autoscaling import policies

    key = key_of(request)
    found = store.here()[2]
    entry = found.targets.get(key)
    if entry is None:
        raise not_found("scalable target found", key)
    for target, name in [one for one in found.policies if one[0] == key]:
        policies.forget(target, name)
    for action in [one for one in found.actions if one[0] == key]:
        del found.actions[action]
    found.tags.pop(entry["ScalableTargetARN"], None)
    del found.targets[key]
    return {}


def describe(request: dict[str, Any]) -> dict[str, Any]:
    wanted = set(request.get("ResourceIds") or [])
    listed = [
        entry
        for (namespace, resource, dimension), entry in store.here()[2].targets.items()
        if namespace == request["ServiceNamespace"]
        and request.get("ScalableDimension", dimension) == dimension
        and (not wanted or resource in wanted)
    ]
    return paging.page("ScalableTargets", listed, request)


def activities(request: dict[str, Any]) -> dict[str, Any]:
    """What was scaled, newest first."""
    listed = [
        entry
        for entry in reversed(store.here()[2].activities)
        if entry["ServiceNamespace"] == request["ServiceNamespace"]
        and request.get("ResourceId", entry["ResourceId"]) == entry["ResourceId"]
        and request.get("ScalableDimension", entry["ScalableDimension"]) == entry["ScalableDimension"]
    ]
    return paging.page("ScalingActivities", listed, request)
