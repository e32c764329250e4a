"""With permissions on, an experiment's role is asked for what its actions do, with the tags of the instances."""

from __future__ import annotations

from collections.abc import Sequence

from refarch.local import adapter
from refarch.local.compute import instances
from refarch.local.functions import grants


def denials(role: str, action: str, ids: Sequence[str]) -> str:
    """Why the role may not, in AWS's words; "" when it may, or when permissions are not enforced."""
    if not adapter.read("permissions are enforced"):
        return ""
    for instance_id in ids:
        arn = instances.arn(instance_id)
        tags = {tag["Key"]: tag.get("Value", "") for tag in adapter.read("EC2 tags").get(instance_id) or []}
        if not grants.role_allows(role, action, arn, tags):
            return grants.denial(role, action, arn)
    return ""
