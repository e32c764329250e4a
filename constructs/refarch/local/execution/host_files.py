"""Files of an instance that its tasks mount: what cloud-init wrote there, of which the local cloud knows one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refarch.local.compute.ecs import records

INSTANCE_ID = "/var/lib/cloud/data/instance-id"
"""Where cloud-init keeps the EC2 instance's id."""


def of_container(definition: Mapping[str, Any], container: Mapping[str, Any], instance_id: str) -> dict[str, str]:
    """Container path → content, for the files of its instance that `container` mounts; none where it has none."""
    if not instance_id:
        return {}
    sources = {one["name"]: (one.get("host") or {}).get("sourcePath") for one in definition.get("volumes") or ()}
    return {
        str(point["containerPath"]): f"{instance_id}\n"
        for point in container.get("mountPoints") or ()
        if sources.get(point.get("sourceVolume")) == INSTANCE_ID
    }


def instance_of(task: Mapping[str, Any]) -> str:
    """The EC2 instance that a task is on; empty where it is on none, as on Fargate."""
    host = records.container_instances(records.name_of(task)).get(str(task.get("containerInstanceArn")))
    return str(host["ec2InstanceId"]) if host else ""
