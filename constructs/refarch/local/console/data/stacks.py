"""Stacks and their resources, and how real each resource is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Client = Callable[[str], Any]


def stacks(client: Client) -> dict[str, Any]:
    """Every stack, the latest first."""
    pages = client("cloudformation").get_paginator("describe_stacks").paginate()
    found = [stack_line(stack) for page in pages for stack in page["Stacks"]]
    return {"stacks": sorted(found, key=lambda stack: stack["changed"], reverse=True)}


def stack_line(stack: dict[str, Any]) -> dict[str, Any]:
    """What stands in the list."""
    changed = stack.get("LastUpdatedTime") or stack["CreationTime"]
    return {
        "name": stack["StackName"],
        "status": stack["StackStatus"],
        "reason": stack.get("StackStatusReason", ""),
        "description": stack.get("Description", ""),
        "changed": changed.timestamp(),
    }


def stack(client: Client, name: str) -> dict[str, Any]:
    """One stack's outputs, and its resources; `real` is "" where this cloud cannot tell."""
    cloudformation = client("cloudformation")
    about = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    told = realness()
    resources = [
        {
            "logical": resource["LogicalResourceId"],
            "physical": resource.get("PhysicalResourceId", ""),
            "type": resource["ResourceType"],
            "status": resource["ResourceStatus"],
            "reason": resource.get("ResourceStatusReason", ""),
            "real": told(resource["ResourceType"]),
        }
        for page in pages
        for resource in page["StackResourceSummaries"]
    ]
    outputs = [{"name": one["OutputKey"], "value": one["OutputValue"]} for one in about.get("Outputs", [])]
    return {"name": name, "outputs": outputs, "resources": sorted(resources, key=lambda one: one["logical"])}


def realness() -> Callable[[str], str]:
    """How real a type is, as the room of resources tells it; without that room, nothing is claimed."""
    try:
        from refarch.local.resources.inventory import realness as told
    except ImportError:
        return lambda kind: ""
    return told
