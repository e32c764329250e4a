"""The data of cfn-lint that is no resource schema: actions of IAM, ends of Lambda runtimes, instance types."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any


@cache
def additional_spec(name: str) -> dict[str, Any]:
    """`Policies` or `LmbdRuntimeLifecycle`. `ModuleNotFoundError` where cfn-lint is missing."""
    return _read("AdditionalSpecs", f"{name}.json")


@cache
def instance_types(region: str) -> frozenset[str]:
    """The EC2 instance types of a region; empty where the data does not know the region."""
    by_region = _read("schemas", "extensions", "aws_ec2_instance", "instancetype_enum.json")
    return frozenset(by_region.get(region, {}).get("enum", ()))


@cache
def instance_types_anywhere() -> frozenset[str]:
    by_region = _read("schemas", "extensions", "aws_ec2_instance", "instancetype_enum.json")
    return frozenset(name for each in by_region.values() if isinstance(each, dict) for name in each.get("enum", ()))


@cache
def _read(*parts: str) -> dict[str, Any]:
    spec = find_spec("cfnlint")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "refarch.gate reads the data of cfn-lint: pip install 'refarch[gate]'", name="cfnlint"
        )
    content: dict[str, Any] = json.loads(Path(spec.origin).parent.joinpath("data", *parts).read_text("utf-8"))
    return content
