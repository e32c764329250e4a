"""ECS's records: ministack's stores of clusters, services and tasks, and the container instances of a cluster."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.compute import events, scope

Record = dict[str, Any]
INSTANCES = "_containerInstances"  # lies in the cluster's own record, so that it is emptied and kept with it
DONE = ("STOPPED", "STOPPING", "DEACTIVATING", "DEPROVISIONING")


def answer(document: Mapping[str, Any]) -> Any:
    return adapter.read("ECS answer")(adapter.read("ECS wire form")(dict(document)))


def error(code: str, message: str) -> Any:
    return adapter.read("ECS error")(code, message, 400)


def cluster_name(data: Mapping[str, Any]) -> str:
    return str(adapter.read("name of a cluster")(data.get("cluster") or "default"))


def cluster(name: str) -> Record | None:
    found: Record | None = adapter.read("ECS clusters").get(name)
    return found


def container_instances(name: str) -> dict[str, Record]:
    """The container instances of a cluster by their ARN; {} for a cluster that is not there."""
    found = cluster(name)
    if found is None:
        return {}
    instances: dict[str, Record] = found.setdefault(INSTANCES, {})
    return instances


def tasks(name: str) -> list[Record]:
    """The tasks of a cluster that are not on their way out."""
    return [task for task in present(name) if is_wanted(task)]


def present(name: str) -> list[Record]:
    """The tasks of a cluster that have not stopped; those on their way out still take their room."""
    found = cluster(name) or {}
    rows = [task for task in adapter.read("ECS tasks").values() if task.get("clusterArn") == found.get("clusterArn")]
    return [task for task in rows if task["lastStatus"] != "STOPPED"]


def is_wanted(task: Mapping[str, Any]) -> bool:
    return task.get("desiredStatus") != "STOPPED" and task.get("lastStatus") not in DONE


def definition_of(task_definition: str) -> Record:
    found: Record | None = adapter.read("ECS task definitions").get(
        adapter.read("key of a task definition")(task_definition)
    )
    return found or {}


def services(name: str) -> dict[str, Record]:
    """The active services of a cluster by their key in the store."""
    found = list(adapter.read("ECS services").items())
    return {key: one for key, one in found if key.startswith(f"{name}/") and one["status"] == "ACTIVE"}


def service_of(task: Mapping[str, Any]) -> tuple[str, Record] | None:
    """(key, record) of the service that a task belongs to."""
    group = str(task.get("group") or "")
    if not group.startswith("service:"):
        return None
    key = f"{name_of(task)}/{group.removeprefix('service:')}"
    found = adapter.read("ECS services").get(key)
    return (key, found) if found else None


def name_of(record: Mapping[str, Any]) -> str:
    """The name of the cluster of a task, a service or a container instance."""
    return str(record["clusterArn"]).rsplit("/", 1)[-1]


def is_daemon(task: Mapping[str, Any]) -> bool:
    found = service_of(task)
    return found is not None and found[1].get("schedulingStrategy") == "DAEMON"


def told_task(task: Record) -> None:
    """Tell EventBridge of a task's change."""
    task["version"] = int(task.get("version") or 1) + 1
    detail = _wire(task) | {"updatedAt": events.now()}
    events.later("aws.ecs", "ECS Task State Change", detail, [task["taskArn"]])


def told_instance(name: str, record: Record) -> None:
    """Tell EventBridge of a container instance's change."""
    record["version"] += 1
    arn = f"arn:aws:ecs:{scope.region()}:{scope.account()}:cluster/{name}"
    detail = _wire(record) | {"clusterArn": arn, "updatedAt": events.now()}
    events.later("aws.ecs", "ECS Container Instance State Change", detail, [record["containerInstanceArn"]])


def told_service(service: Record, kind: str, name: str, level: str = "INFO") -> None:
    """`kind`: "ECS Service Action" or "ECS Deployment State Change"; `name` is the event's own."""
    detail = {"eventType": level, "eventName": name, "clusterArn": service["clusterArn"], "createdAt": events.now()}
    events.later("aws.ecs", kind, detail, [service["serviceArn"]])


def _wire(record: Record) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(adapter.read("ECS wire form")(record), default=str))
    return copied
