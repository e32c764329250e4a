"""RegisterTargets, DeregisterTargets and DescribeTargetHealth, answered by this room."""

from __future__ import annotations

from typing import Any

from refarch.local import adapter
from refarch.local.compute.targets import routing, weights
from refarch.local.compute.targets.membership import deregister, draining, facts_of, identity, register
from refarch.local.compute.targets.states import health
from refarch.local.compute.wire import ApiError, served

Request = dict[str, Any]


def install() -> None:
    actions = adapter.read("load balancer actions")
    for name, action in (
        ("RegisterTargets", _register),
        ("DeregisterTargets", _deregister),
        ("DescribeTargetHealth", _describe),
    ):
        actions[name] = served("elbv2", name, action)
    routing.install()
    weights.install()


def _group(request: Request) -> str:
    arn = str(request["TargetGroupArn"])
    if arn not in adapter.read("target groups"):
        raise ApiError("TargetGroupNotFound", f"Target group '{arn}' not found")
    return arn


def _register(request: Request) -> None:
    register(_group(request), request["Targets"])


def _deregister(request: Request) -> None:
    deregister(_group(request), request["Targets"])


def _describe(request: Request) -> Request:
    arn = _group(request)
    group = adapter.read("target groups")[arn]
    known = [*(adapter.read("targets").get(arn) or []), *draining(arn)]
    asked = request.get("Targets") or known
    shown = []
    for target in asked:
        key, port = identity(group, target)
        facts = facts_of(arn, target)
        shown.append({"Target": {"Id": key, "Port": port}, "HealthCheckPort": str(port), "TargetHealth": health(facts)})
    return {"TargetHealthDescriptions": shown}
