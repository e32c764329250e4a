"""Tags of scalable targets."""

from __future__ import annotations

from typing import Any

from refarch.local.resources.application_autoscaling import store
from refarch.local.resources.application_autoscaling.errors import Refused


def _of(arn: str) -> dict[str, str]:
    found = store.here()[2]
    if arn not in {entry["ScalableTargetARN"] for entry in found.targets.values()}:
        raise Refused("ResourceNotFoundException", f"The resource {arn} does not exist", ResourceName=arn)
    return found.tags.setdefault(arn, {})


def add(request: dict[str, Any]) -> dict[str, Any]:
    _of(request["ResourceARN"]).update(request["Tags"])
    return {}


def remove(request: dict[str, Any]) -> dict[str, Any]:
    held = _of(request["ResourceARN"])
    for name in request["TagKeys"]:
        held.pop(name, None)
    return {}


def listed(request: dict[str, Any]) -> dict[str, Any]:
    return {"Tags": dict(_of(request["ResourceARN"]))}
