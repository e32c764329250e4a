"""Placing tasks, and RunTask."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.compute import scope
from refarch.local.compute.ecs import capacity, container_instances, records, tasks
from refarch.local.compute.ecs.placement import Host, choose, why_not
from refarch.local.compute.ecs.records import Record


def hosts(name: str, group: str, provider: str | None) -> list[Host]:
    """The container instances as placement sees them."""
    container_instances.recount(name)
    found = records.present(name)
    seen = []
    for arn, row in records.container_instances(name).items():
        if provider and row.get("capacityProviderName") != provider:
            continue
        there = [task for task in found if task.get("containerInstanceArn") == arn]
        own = [task for task in there if records.is_wanted(task)]
        left = {one["name"]: one.get("integerValue", 0) for one in row["remainingResources"]}
        attributes = {one["name"]: one["value"] for one in row["attributes"]}
        seen.append(
            Host(
                key=arn,
                zone=attributes.get("ecs.availability-zone", ""),
                cpu=left["CPU"],
                memory=left["MEMORY"],
                active=row["status"] == "ACTIVE",
                connected=row["agentConnected"],
                used_ports=frozenset(container_instances.ports_on(there)),
                of_group=sum(task.get("group") == group for task in own),
                tasks=len(own),
            )
        )
    return seen


def place(name: str, task: Record) -> list[dict[str, str]]:
    """Place one task; the failures as RunTask gives them when no instance takes it."""
    if task["launchType"] != "EC2":
        tasks.place(task, None)
        return []
    candidates, wanted = hosts(name, str(task.get("group") or ""), task.get("capacityProviderName")), tasks.need(task)
    key = choose(candidates, wanted)
    if key is None:
        return [{"arn": host.key, "reason": why_not(host, wanted) or ""} for host in candidates]
    tasks.place(task, records.container_instances(name)[key])
    return []


def run(data: Mapping[str, Any]) -> Any:
    """RunTask: placed now, waiting for capacity that a provider brings, or refused with a reason for each instance."""
    name = records.cluster_name(data)
    with scope.lock:
        made, refused = tasks.make(data)
        if refused:
            return refused
        if made[0]["launchType"] == "EC2" and not _may_run(name, made[0]):
            drop(made)
            return records.error("InvalidParameterException", "No Container Instances were found in your cluster.")
        started, failures = [], []
        for task in made:
            missing = place(name, task)
            if task["lastStatus"] == "PROVISIONING" and not capacity.brings_more(task):
                drop([task])
                failures += missing
            else:
                started.append(json.loads(json.dumps(adapter.read("ECS wire form")(task), default=str)))
    container_instances.wake(name)
    return records.answer({"tasks": started, "failures": failures})


def _may_run(name: str, task: Record) -> bool:
    return bool(records.container_instances(name)) or capacity.brings_more(task)


def drop(made: list[Record]) -> None:
    for task in made:
        adapter.read("ECS tasks").pop(task["taskArn"], None)
