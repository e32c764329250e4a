"""ECS StartTask: a task on container instances that the caller chose. The emulator lacks the operation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.compute import scope
from refarch.local.compute.ecs import records, running, tasks
from refarch.local.compute.ecs.placement import why_not
from refarch.local.compute.ecs.records import Record

MOST = 10  # container instances in one request


def install() -> None:
    adapter.read("ECS actions")["StartTask"] = start


def start(data: Mapping[str, Any]) -> Any:
    """Place one task on each container instance that was named; failures for those that cannot take it."""
    name, wanted = records.cluster_name(data), [str(one) for one in data.get("containerInstances") or ()]
    if not 1 <= len(wanted) <= MOST:
        message = f"containerInstances has {len(wanted)} entries; allowed are 1 to {MOST}"
        return records.error("InvalidParameterException", message)
    started, failures = [], []
    with scope.lock:
        known = records.container_instances(name)
        for reference in wanted:
            instance = next((row for arn, row in known.items() if arn.endswith(reference)), None)
            if instance is None:
                failures.append({"arn": reference, "reason": "MISSING"})
                continue
            made, refused = tasks.make({**data, "count": 1, "launchType": "EC2"})
            if refused:
                return refused
            reason = _place(name, made[0], instance)
            if reason is None:
                started.append(json.loads(json.dumps(adapter.read("ECS wire form")(made[0]), default=str)))
            else:
                failures.append({"arn": instance["containerInstanceArn"], "reason": reason})
    return records.answer({"tasks": started, "failures": failures})


def _place(name: str, task: Record, instance: Record) -> str | None:
    """Place the task on this instance; the reason why not, and then there is no such task."""
    hosts = {host.key: host for host in running.hosts(name, str(task.get("group") or ""), None)}
    reason = why_not(hosts[instance["containerInstanceArn"]], tasks.need(task))
    if reason is None:
        tasks.place(task, instance)
    else:
        adapter.read("ECS tasks").pop(task["taskArn"], None)
    return reason
