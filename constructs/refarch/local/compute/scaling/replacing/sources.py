"""What an instance was launched from, and whether its group would launch it the same way today."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from refarch.local.compute.scaling.groups import Group, zones
from refarch.local.compute.scaling.templates import resolved

SOURCES = ("LaunchTemplate", "LaunchConfigurationName", "MixedInstancesPolicy", "PlacementGroup")


def mark(group: Group) -> str:
    """A mark of what the group launches from now; versions such as `$Latest` are taken for what they mean today."""
    told = json.dumps({name: _meant(group.get(name)) for name in SOURCES}, sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _meant(value: Any) -> Any:
    if isinstance(value, list):
        return [_meant(entry) for entry in value]
    if not isinstance(value, Mapping):
        return value
    if "LaunchTemplateId" in value or "LaunchTemplateName" in value:
        return resolved(value)
    return {key: _meant(entry) for key, entry in value.items() if entry not in (None, "", {})}


def obsolete(group: Group, member: Mapping[str, Any]) -> bool:
    """Whether the group would launch this instance otherwise today: from something else, or in other subnets."""
    elsewhere = bool(group.get("VPCZoneIdentifier")) and member.get("SubnetId") not in zones(group)
    return elsewhere or member.get("Source") != mark(group)


def matches(group: Group, member: Mapping[str, Any]) -> bool:
    """What an instance refresh calls a match: the same version of the template, and a type that the group lists."""
    mixed = (group.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}
    specification = mixed.get("LaunchTemplateSpecification") or group.get("LaunchTemplate")
    if not specification:
        return bool(member.get("LaunchConfigurationName") == group.get("LaunchConfigurationName"))
    types = [row["InstanceType"] for row in mixed.get("Overrides") or [] if row.get("InstanceType")]
    listed = not types or member.get("InstanceType") in types
    return listed and member.get("LaunchTemplate") == resolved(specification)
