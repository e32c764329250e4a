"""What CloudFormation's resource schemas say: which properties a deployed resource cannot change.

Read from the data that cfn-lint carries, offline: 1,900 resource types, as of `version.json` there.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

REGION = "us-east-1"
_POINTER = "/properties/"
# The schemas call these updatable, but CloudFormation replaces the resource (the CDK's own service data agrees).
_REPLACED_ALL_THE_SAME = {
    "AWS::EC2::EIP": ("Domain",),
    "AWS::ECS::Service": ("DeploymentController",),
    "AWS::RDS::DBInstance": ("Port",),
    "AWS::S3::Bucket": ("ObjectLockEnabled",),
}


@cache
def create_only(resource_type: str) -> tuple[tuple[str, ...], ...]:
    """Paths of the properties whose change replaces a resource, always or on some condition.

    Empty for types without a schema (custom resources). Raises `ModuleNotFoundError` where cfn-lint is missing.
    """
    schema = _schema(resource_type)
    pointers = [*schema.get("createOnlyProperties", ()), *schema.get("conditionalCreateOnlyProperties", ())]
    paths = {tuple(pointer.removeprefix(_POINTER).split("/")) for pointer in pointers}
    paths |= {(name,) for name in _REPLACED_ALL_THE_SAME.get(resource_type, ())}
    return tuple(sorted(paths))


def _schema(resource_type: str) -> dict[str, Any]:
    name = _names().get(resource_type)
    return _read("resources", f"{name}.json") if name else {}


@cache
def _names() -> dict[str, str]:
    return _read("providers", f"{REGION}.json")


def _read(*parts: str) -> dict[str, Any]:
    spec = find_spec("cfnlint")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("refarch.gate reads the schemas of cfn-lint: pip install cfn-lint", name="cfnlint")
    path = Path(spec.origin).parent.joinpath("data", "schemas", *parts)
    content: dict[str, Any] = json.loads(path.read_text())
    return content
