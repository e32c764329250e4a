"""What a request must be like: by the official model of the API, in the words of AWS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from refarch.local.resources.application_autoscaling.errors import invalid
from refarch.local.resources.keywords import matches

# What each scalable dimension's resource id looks like, and the namespace is its first part.
RESOURCE_IDS = {
    "appstream:fleet:DesiredCapacity": r"fleet/[^/]+",
    "cassandra:table:ReadCapacityUnits": r"keyspace/[^/]+/table/[^/]+",
    "cassandra:table:WriteCapacityUnits": r"keyspace/[^/]+/table/[^/]+",
    "custom-resource:ResourceType:Property": r".+",
    "dynamodb:index:ReadCapacityUnits": r"table/[^/]+/index/[^/]+",
    "dynamodb:index:WriteCapacityUnits": r"table/[^/]+/index/[^/]+",
    "dynamodb:table:ReadCapacityUnits": r"table/[^/]+",
    "dynamodb:table:WriteCapacityUnits": r"table/[^/]+",
    "ec2:spot-fleet-request:TargetCapacity": r"spot-fleet-request/sfr-.+",
    "ecs:service:DesiredCount": r"service/[^/]+/[^/]+",
    "elasticache:replication-group:NodeGroups": r"replication-group/[^/]+",
    "elasticache:replication-group:Replicas": r"replication-group/[^/]+",
    "elasticmapreduce:instancegroup:InstanceCount": r"instancegroup/[^/]+/[^/]+",
    "kafka:broker-storage:VolumeSize": r"arn:.+",
    "lambda:function:ProvisionedConcurrency": r"function:[^:]+:[^:]+",
    "neptune:cluster:ReadReplicaCount": r"cluster:[^:]+",
    "rds:cluster:ReadReplicaCount": r"cluster:[^:]+",
    "sagemaker:variant:DesiredInstanceCount": r"endpoint/[^/]+/variant/[^/]+",
    "workspaces:workspacespool:DesiredUserSessions": r"workspacespool/[^/]+",
}


@cache
def _operations() -> Any:
    from botocore.session import Session

    return Session().get_service_model("application-autoscaling")


def check(operation: str, request: dict[str, Any]) -> None:
    """Refuse, with everything that is wrong, a request that the API's model does not allow."""
    found = list(_problems(request, _operations().operation_model(operation).input_shape, ""))
    if found:
        plural = "error" if len(found) == 1 else "errors"
        raise invalid(f"{len(found)} validation {plural} detected: {'; '.join(found)}")


def check_target(namespace: str, resource: str, dimension: str) -> None:
    """Refuse a resource id or dimension that the namespace does not have."""
    pattern = RESOURCE_IDS.get(dimension)
    if dimension.split(":")[0] != namespace or (pattern and not re.fullmatch(pattern, resource)):
        raise invalid("Unsupported service namespace, resource type or scalable dimension")


def _problems(value: Any, shape: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure" and isinstance(value, dict):
        for name in shape.required_members:
            if value.get(name) is None:
                yield _problem("null", _below(path, name), "Member must not be null")
        for name, inner in value.items():
            if name in shape.members and inner is not None:
                yield from _problems(inner, shape.members[name], _below(path, name))
    elif shape.type_name == "list" and isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _problems(inner, shape.member, f"{path}.{index + 1}.member")
    elif isinstance(value, str):
        yield from _text_problems(value, shape, path)


def _text_problems(value: str, shape: Any, path: str) -> Iterator[str]:
    if getattr(shape, "enum", None) and value not in shape.enum:
        yield _problem(f"'{value}'", path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and len(value) < least:
        yield _problem(f"'{value}'", path, f"Member must have length greater than or equal to {least}")
    if most is not None and len(value) > most:
        yield _problem(f"'{value}'", path, f"Member must have length less than or equal to {most}")
    pattern = shape.metadata.get("pattern")
    if pattern and not matches(f"^(?:{pattern})$", value):
        yield _problem(f"'{value}'", path, f"Member must satisfy regular expression pattern: {pattern}")


def _below(path: str, name: str) -> str:
    member = name[0].lower() + name[1:]
    return f"{path}.{member}" if path else member


def _problem(value: str, path: str, constraint: str) -> str:
    return f"Value {value} at '{path}' failed to satisfy constraint: {constraint}"
