"""The launch template that a group or one of its overrides names, and the version that it means today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refarch.local import adapter

Specification = Mapping[str, Any]


def template_data(specification: Specification) -> Mapping[str, Any]:
    """What the meant version says; {} when there is no template of that name."""
    data, _, _ = adapter.read("launch template data")(dict(specification))
    return data or {}


def find(specification: Specification) -> Mapping[str, Any] | None:
    """The record of the template, by its id or its name."""
    templates = adapter.read("launch templates")
    key, name = specification.get("LaunchTemplateId"), specification.get("LaunchTemplateName")
    by_id: Mapping[str, Any] | None = templates.get(key) if key else None
    return by_id or next((t for t in templates.values() if t["LaunchTemplateName"] == (name or key)), None)


def resolved(specification: Specification) -> dict[str, str]:
    """Id, name and the number of the version, as an instance shows what it was launched from."""
    template = find(specification)
    if template is None:
        return {name: str(value) for name, value in specification.items()}
    version = str(specification.get("Version") or "$Default")
    numbers = {"$Default": template["DefaultVersionNumber"], "$Latest": template["LatestVersionNumber"]}
    return {
        "LaunchTemplateId": template["LaunchTemplateId"],
        "LaunchTemplateName": template["LaunchTemplateName"],
        "Version": str(numbers.get(version, version)),
    }
