"""What a request or a template says about a group, checked and put into its record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refarch.local.compute import wire
from refarch.local.compute.scaling import templates
from refarch.local.compute.scaling.groups import Group
from refarch.local.compute.wire import ApiError

# Members that a request sets as they are, and what holds where none is given.
DEFAULTS: dict[str, Any] = {
    "LaunchConfigurationName": "",
    "LaunchTemplate": {},
    "MixedInstancesPolicy": None,
    "MinSize": 0,
    "MaxSize": 0,
    "DefaultCooldown": 300,
    "AvailabilityZones": [],
    "TargetGroupARNs": [],
    "LoadBalancerNames": [],
    "HealthCheckType": "EC2",
    "HealthCheckGracePeriod": 300,
    "PlacementGroup": None,
    "VPCZoneIdentifier": "",
    "TerminationPolicies": ["Default"],
    "NewInstancesProtectedFromScaleIn": False,
    "ServiceLinkedRoleARN": "",
    "MaxInstanceLifetime": None,
    "CapacityRebalance": None,
    "DesiredCapacityType": None,
    "DefaultInstanceWarmup": None,
    "Context": None,
    "InstanceMaintenancePolicy": None,
    "AvailabilityZoneDistribution": None,
}

SHORTEST_LIFE = 86400  # seconds


def typed(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A template's properties as an API request has them."""
    request = dict(properties)
    subnets = request.get("VPCZoneIdentifier")
    if isinstance(subnets, list):
        request["VPCZoneIdentifier"] = ",".join(map(str, subnets))
    if "Cooldown" in request:
        request["DefaultCooldown"] = request.pop("Cooldown")
    shape = wire.model("autoscaling").operation_model("CreateAutoScalingGroup").input_shape
    result: dict[str, Any] = wire.coerce(shape, request)
    return result


def apply(group: Group, request: Mapping[str, Any], *, whole: bool) -> None:
    """Put the request's members into the record; with `whole`, what it does not say gets its default.

    Raises `ApiError` before anything is changed.
    """
    changed = {name: request[name] for name in DEFAULTS if name in request}
    if whole:
        changed = DEFAULTS | changed
    elif changed.keys() & {"LaunchTemplate", "MixedInstancesPolicy", "LaunchConfigurationName"}:
        changed = {"LaunchTemplate": {}, "MixedInstancesPolicy": None, "LaunchConfigurationName": ""} | changed
    if whole or "DesiredCapacity" in request:
        changed["DesiredCapacity"] = request.get("DesiredCapacity", changed.get("MinSize"))
    else:  # new limits move the desired capacity between them
        low, high = (changed.get(name, group[name]) for name in ("MinSize", "MaxSize"))
        changed["DesiredCapacity"] = max(low, min(high, group["DesiredCapacity"]))
    candidate = {**group, **changed}
    _check(candidate)
    if changed.get("LaunchTemplate"):
        changed["LaunchTemplate"] = _with_version(changed["LaunchTemplate"])
    group.update(changed)


def _with_version(specification: Mapping[str, Any]) -> dict[str, Any]:
    found = templates.find(specification) or {}
    names = {key: found[key] for key in ("LaunchTemplateId", "LaunchTemplateName") if key in found}
    return {**specification, **names, "Version": specification.get("Version") or "$Default"}


def _check(group: Mapping[str, Any]) -> None:
    low, high, desired = (group[name] for name in ("MinSize", "MaxSize", "DesiredCapacity"))
    if low > high:
        raise ApiError("ValidationError", f"Max bound, {high}, must be greater than or equal to min bound, {low}")
    if not low <= desired <= high:
        within = f"the specified min size {low} and max size {high}"
        raise ApiError("ValidationError", f"Desired capacity:{desired} must be between {within}")
    if not group.get("VPCZoneIdentifier") and not group.get("AvailabilityZones"):
        raise ApiError("ValidationError", "At least one Availability Zone or VPC Subnet is required.")
    sources = [group.get(name) for name in ("LaunchTemplate", "MixedInstancesPolicy", "LaunchConfigurationName")]
    if not any(sources):
        message = "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or "
        raise ApiError("ValidationError", f"{message}MixedInstancesPolicy parameter.")
    lifetime = int(group.get("MaxInstanceLifetime") or 0)
    if lifetime and lifetime < SHORTEST_LIFE:
        raise ApiError(
            "ValidationError", f"MaxInstanceLifetime is {lifetime}, allowed are 0 and {SHORTEST_LIFE} or more."
        )
    for specification in _specifications(group):
        if templates.find(specification) is None:
            name = specification.get("LaunchTemplateId") or specification.get("LaunchTemplateName")
            raise ApiError("ValidationError", f"The specified launch template, {name}, does not exist.")


def _specifications(group: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    template = (group.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}
    overrides = [entry.get("LaunchTemplateSpecification") for entry in template.get("Overrides") or []]
    found = [group.get("LaunchTemplate"), template.get("LaunchTemplateSpecification"), *overrides]
    return [specification for specification in found if specification]
