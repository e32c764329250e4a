"""ListTasks, with every filter that it has: the emulator leaves out `containerInstance` and `launchType`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.compute.ecs import records

PAGE = 100


def list_tasks(data: Mapping[str, Any]) -> Any:
    """The ARNs of the tasks that fit, a page at a time."""
    name = records.cluster_name(data)
    cluster = records.cluster(name)
    if cluster is None:
        return records.error("ClusterNotFoundException", "Cluster not found.")
    rows = [row for row in adapter.read("ECS tasks").values() if row.get("clusterArn") == cluster["clusterArn"]]
    found = [row["taskArn"] for row in rows if _fits(row, data)]
    size, start = int(data.get("maxResults") or PAGE), int(data.get("nextToken") or 0)
    more = {"nextToken": str(start + size)} if start + size < len(found) else {}
    return records.answer({"taskArns": found[start : start + size], **more})


def _fits(task: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    service = str(data.get("serviceName") or "").rsplit("/", 1)[-1]
    instance = str(data.get("containerInstance") or "").rsplit("/", 1)[-1]
    wanted = {
        "desiredStatus": data.get("desiredStatus") or "RUNNING",
        "group": f"service:{service}" if service else None,
        "startedBy": data.get("startedBy"),
        "launchType": data.get("launchType"),
    }
    if any(value is not None and task.get(key) != value for key, value in wanted.items()):
        return False
    if data.get("family") and f"/{data['family']}:" not in task.get("taskDefinitionArn", ""):
        return False
    return not instance or str(task.get("containerInstanceArn") or "").endswith(f"/{instance}")
