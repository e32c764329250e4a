"""Which capacity provider belongs to which Auto Scaling group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.compute.ecs import records
from refarch.local.compute.scaling.groups import owner


def group_name(provider: Mapping[str, Any]) -> str:
    """The name of a provider's group, which is given by its ARN or by its name."""
    given = str((provider.get("autoScalingGroupProvider") or {}).get("autoScalingGroupArn") or "")
    return given.rsplit("autoScalingGroupName/", 1)[-1]


def providers_of_group(name: str) -> list[dict[str, Any]]:
    found = adapter.read("ECS capacity providers").values()
    return [provider for provider in found if provider.get("status") == "ACTIVE" and group_name(provider) == name]


def provider_of(cluster: str, instance_id: str) -> str | None:
    """The name of the provider of this cluster that an instance came from."""
    found = owner(instance_id)
    names = (records.cluster(cluster) or {}).get("capacityProviders") or []
    if found is None:
        return None
    providers = providers_of_group(found[0]["AutoScalingGroupName"])
    return next((provider["name"] for provider in providers if provider["name"] in names), None)
