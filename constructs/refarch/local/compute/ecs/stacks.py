"""Services that CloudFormation makes: with all that their template says, and awaited for a moment.

CloudFormation waits up to three hours until a service is steady, and fails when its circuit breaker opens. Here it
waits some seconds; a service that is not steady then is said so in the log, and the stack goes on.
"""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from refarch.local import adapter
from refarch.local.compute import scope
from refarch.local.compute.ecs import records

TYPE = "AWS::ECS::Service"
PATIENCE = 4.0  # real seconds
LOOK = 0.02
# What ministack's handler leaves out of its request.
LEFT_OUT = {
    "SchedulingStrategy": "schedulingStrategy",
    "PlatformVersion": "platformVersion",
    "PropagateTags": "propagateTags",
}
LISTS_LEFT_OUT = {"PlacementConstraints": "placementConstraints", "PlacementStrategies": "placementStrategy"}
NUMBERS_LEFT_OUT = {"HealthCheckGracePeriodSeconds": "healthCheckGracePeriodSeconds"}
BOOLEANS_LEFT_OUT = {"EnableExecuteCommand": "enableExecuteCommand", "EnableECSManagedTags": "enableECSManagedTags"}
Properties = Mapping[str, Any]
NOTHING: Properties = MappingProxyType({})
_said: contextvars.ContextVar[Mapping[str, Any]] = contextvars.ContextVar("refarch_service_said", default=NOTHING)


def install() -> None:
    handler = adapter.read("handlers of resource types")[TYPE]
    handler["create"] = _creating(handler["create"])
    handler["update"] = _updating(handler["update"])
    stock = adapter.read("runs on a worker thread")

    def waits(resource_type: str) -> bool:
        return resource_type == TYPE or bool(stock(resource_type))

    adapter.replace("runs on a worker thread", waits)


def completed(data: Mapping[str, Any]) -> dict[str, Any]:
    """A CreateService request with what the template that it comes from says besides."""
    return {**data, **_said.get()}


def _more(props: Properties) -> dict[str, Any]:
    found: dict[str, Any] = {key: props[name] for name, key in LEFT_OUT.items() if name in props}
    found |= {key: int(props[name]) for name, key in NUMBERS_LEFT_OUT.items() if name in props}
    found |= {key: str(props[name]).lower() == "true" for name, key in BOOLEANS_LEFT_OUT.items() if name in props}
    for name, key in LISTS_LEFT_OUT.items():
        rows = props.get(name) or []
        found[key] = [{word[0].lower() + word[1:]: value for word, value in row.items()} for row in rows]
    if "DesiredCount" in props:
        found["desiredCount"] = int(props["DesiredCount"])
    return found


def _creating(stock: Callable[..., Any]) -> Callable[..., Any]:
    def create(logical_id: str, props: Properties, stack_name: str) -> Any:
        token = _said.set(_more(props))
        try:
            made = stock(logical_id, props, stack_name)
        finally:
            _said.reset(token)
        _await_steady(props, made)
        return made

    return create


def _updating(stock: Callable[..., Any]) -> Callable[..., Any]:
    def update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Any:
        made = stock(physical_id, old, new, stack_name)
        _await_steady(new, made)
        return made

    return update


def _await_steady(props: Properties, made: tuple[str, Any]) -> None:
    """Raises `ValueError` when the circuit breaker has opened."""
    cluster = records.cluster_name({"cluster": props.get("Cluster")})
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        service = records.services(cluster).get(f"{cluster}/{made[0].rsplit('/', 1)[-1]}")
        if service is None:
            return
        states = {one["rolloutState"] for one in service.get("deployments") or []}
        if "FAILED" in states:
            raise ValueError("Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.")
        if states <= {"COMPLETED"} and service["runningCount"] >= int(service["desiredCount"]):
            return
        time.sleep(LOOK)
    scope.logger.warning("%s is not steady; the stack goes on without it (AWS waits for hours)", made[0])
