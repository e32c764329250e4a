"""ECS's API for container instances."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from refarch.local.compute import scope
from refarch.local.compute.ecs import records
from refarch.local.compute.ecs.agents import Agent
from refarch.local.compute.ecs.container_instances import forget, recount, register, set_status
from refarch.local.compute.ecs.queries import matches
from refarch.local.compute.ecs.records import Record

Data = Mapping[str, Any]


def _selected(data: Data) -> tuple[str, list[Record], list[dict[str, str]]]:
    name, rows = records.cluster_name(data), records.container_instances(records.cluster_name(data))
    found, missing = [], []
    for wanted in data.get("containerInstances") or []:
        hits = [row for arn, row in rows.items() if arn == wanted or arn.endswith(f"/{wanted}")]
        found += hits
        arn = (
            wanted
            if ":" in wanted
            else f"arn:aws:ecs:{scope.region()}:{scope.account()}:container-instance/{name}/{wanted}"
        )
        missing += [] if hits else [{"arn": arn, "reason": "MISSING"}]
    return name, found, missing


def _unknown(data: Data) -> Any:
    if records.cluster(records.cluster_name(data)) is None:
        return records.error("ClusterNotFoundException", "Cluster not found.")
    return None


def api_register(data: Data) -> Any:
    document = json.loads(data.get("instanceIdentityDocument") or "{}")
    refused = _unknown(data)
    if refused:
        return refused
    if "instanceId" not in document:
        return records.error("InvalidParameterException", "instanceIdentityDocument must name an instanceId.")
    extra = {one["name"]: str(one.get("value", "")) for one in data.get("attributes") or []}
    made = register(records.cluster_name(data), document["instanceId"], Agent(attributes=extra))
    return records.answer({"containerInstance": made})


def api_deregister(data: Data) -> Any:
    name, found, missing = _selected({**data, "containerInstances": [data.get("containerInstance", "")]})
    if missing:
        return records.error("InvalidParameterException", "Referenced container instance not found.")
    busy = [t for t in records.present(name) if t.get("containerInstanceArn") == found[0]["containerInstanceArn"]]
    if busy and not data.get("force"):
        return records.error("InvalidParameterException", "Found running tasks on the instance.")
    forget(name, found[0])
    return records.answer({"containerInstance": found[0]})


def api_update_state(data: Data) -> Any:
    if data.get("status") not in ("ACTIVE", "DRAINING"):
        return records.error(
            "InvalidParameterException", "Container instance status should be one of [ACTIVE,DRAINING]."
        )
    refused = _unknown(data)
    if refused:
        return refused
    name, found, missing = _selected(data)
    for row in found:
        set_status(name, row, data["status"])
    return records.answer({"containerInstances": found, "failures": missing})


def api_list(data: Data) -> Any:
    refused = _unknown(data)
    if refused:
        return refused
    name = records.cluster_name(data)
    on: dict[str, set[str]] = {}
    for task in records.tasks(name):
        on.setdefault(str(task.get("containerInstanceArn")), set()).add(str(task.get("group") or ""))
    rows = records.container_instances(name).items()
    try:
        found = [
            arn
            for arn, row in rows
            if data.get("status") in (None, row["status"])
            and (not data.get("filter") or matches(data["filter"], row, on.get(arn, set())))
        ]
    except ValueError as problem:
        return records.error("InvalidParameterException", str(problem))
    return records.answer({"containerInstanceArns": found})


def api_describe(data: Data) -> Any:
    refused = _unknown(data)
    if refused:
        return refused
    name, found, missing = _selected(data)
    with scope.lock:
        recount(name)
        return records.answer({"containerInstances": found, "failures": missing})


ACTIONS = {
    "RegisterContainerInstance": api_register,
    "DeregisterContainerInstance": api_deregister,
    "UpdateContainerInstancesState": api_update_state,
    "ListContainerInstances": api_list,
    "DescribeContainerInstances": api_describe,
}
