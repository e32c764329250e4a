"""Tasks: made, placed, started (as processes where somebody can), stopped, and told of at every step."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.compute import ecs_tasks, events, scope
from refarch.local.compute.ecs import container_instances, network, records
from refarch.local.compute.ecs.placement import Need, need_of
from refarch.local.compute.ecs.records import Record
from refarch.local.compute.targets import membership

FAILED = ("EssentialContainerExited", "TaskFailedToStart")
_processes: dict[str, ecs_tasks.TaskProcess] = {}
_stock_run: list[Callable[[Mapping[str, Any]], Any]] = []


def install() -> None:
    _stock_run.append(adapter.read("run task"))


def make(data: Mapping[str, Any]) -> tuple[list[Record], Any]:
    """The records of new tasks, PROVISIONING; (tasks, None) or ([], the error to answer with)."""
    answer = _stock_run[0](data)
    if answer[0] >= 400:
        return [], answer
    stored = adapter.read("ECS tasks")
    made = [stored[row["taskArn"]] for row in json.loads(answer[2])["tasks"]]
    for task in made:
        empty = dict.fromkeys(("startedAt", "pullStartedAt", "pullStoppedAt", "containerInstanceArn"))
        task.update(empty, lastStatus="PROVISIONING", _asked=_kept(data))
        for container in task["containers"]:
            container["lastStatus"] = "PENDING"
        if network.is_awsvpc(task):
            task["attachments"] = [network.interface(data)]
    return made, None


def _kept(data: Mapping[str, Any]) -> dict[str, Any]:
    """What placement asks of the request later, when there is room."""
    return {"placementConstraints": data.get("placementConstraints") or []}


def need(task: Record) -> Need:
    constraints = task.get("_asked", {}).get("placementConstraints") or []
    distinct = any(one.get("type") == "distinctInstance" for one in constraints)
    return need_of(records.definition_of(task["taskDefinitionArn"]), distinct=distinct)


def place(task: Record, instance: Record | None) -> None:
    """Put a task on a container instance (None: Fargate) and start it in the background."""
    with scope.lock:
        if instance is not None:
            wanted = need(task)
            task.update(containerInstanceArn=instance["containerInstanceArn"], _need=(wanted.cpu, wanted.memory))
            attributes = {one["name"]: one["value"] for one in instance["attributes"]}
            task["availabilityZone"] = attributes.get("ecs.availability-zone") or task.get("availabilityZone")
            network.bind(task, instance)
        else:
            task.pop("containerInstanceArn", None)
        task["lastStatus"] = "PENDING"
        records.told_task(task)
    scope.spawn(f"task-{task['taskArn'].rsplit('/', 1)[-1]}", _live, task)


def _live(task: Record) -> None:
    """Start the task's process, if it has one, and end the task when that ends."""
    arn = task["taskArn"]
    try:
        process = ecs_tasks.start(task, records.definition_of(task["taskDefinitionArn"]))
    except Exception as problem:
        finish(task, str(problem), "TaskFailedToStart")
        return
    with scope.lock:
        stopped = not records.is_wanted(task) or adapter.read("ECS tasks").get(arn) is not task
        if process and not stopped:
            _processes[arn] = process
    if stopped:
        if process:
            process.stop()
        return
    _running(task)
    if process:
        codes = process.wait()
        _processes.pop(arn, None)
        # When it was told to stop, whoever stopped it finishes.
        if records.is_wanted(task):
            finish(task, "Essential container in task exited", "EssentialContainerExited", codes)
        else:
            task["_codes"] = dict(codes)


def _running(task: Record) -> None:
    now = events.now()
    with scope.lock:
        if not records.is_wanted(task):
            return
        task.update(lastStatus="RUNNING", startedAt=now, pullStartedAt=now, pullStoppedAt=now, _startup_stable=True)
        for container in task["containers"]:
            container["lastStatus"] = "RUNNING"
        for group_arn, target in network.targets(task, _endpoints(task)):
            membership.register(group_arn, [target])
        records.told_task(task)
        _recount(task)
    container_instances.wake(records.name_of(task))


def _endpoints(task: Record) -> network.Endpoints:
    found: network.Endpoints = getattr(_processes.get(task["taskArn"]), "endpoints", {})
    return found


def stop(task: Record, reason: str, code: str) -> None:
    """Tell a task to stop: out of its target groups, drained, its process ended, STOPPED."""
    with scope.lock:
        if not records.is_wanted(task):
            return
        began = task["lastStatus"] == "RUNNING"
        task.update(desiredStatus="STOPPED", stoppingAt=events.now(), stoppedReason=reason, stopCode=code)
        left = network.targets(task, _endpoints(task)) if began else []
        for group_arn, target in left:
            membership.deregister(group_arn, [target])
        process = _processes.get(task["taskArn"])
        drains = any(membership.draining(group_arn) for group_arn, _ in left)
        if began and (process or drains):
            task["lastStatus"] = "DEACTIVATING"
            records.told_task(task)
            scope.spawn(f"stop-{task['taskArn'].rsplit('/', 1)[-1]}", _wind_down, task, left, process, reason, code)
            return
    finish(task, reason, code)


def _wind_down(
    task: Record, left: list[tuple[str, Any]], process: ecs_tasks.TaskProcess | None, reason: str, code: str
) -> None:
    for group_arn, target in left:
        membership.wait_until_drained([group_arn], target["Id"], lambda: _host_lives(task))
    task["lastStatus"] = "STOPPING"
    if process:
        process.stop()
        codes = process.wait()
    else:
        codes = {}
    finish(task, reason, code, codes)


def _host_lives(task: Record) -> bool:
    arn = task.get("containerInstanceArn")
    known = adapter.read("ECS tasks").get(task["taskArn"]) is task
    return known and (not arn or arn in records.container_instances(records.name_of(task)))


def finish(task: Record, reason: str, code: str, codes: Mapping[str, int] | None = None) -> bool:
    """Make a task STOPPED; whether it was not before."""
    with scope.lock:
        if task["lastStatus"] == "STOPPED" or adapter.read("ECS tasks").get(task["taskArn"]) is not task:
            return False
        for group_arn, target in network.targets(task, _endpoints(task)):
            membership.deregister(group_arn, [target])
        now = events.now()
        task.update(desiredStatus="STOPPED", lastStatus="STOPPED", stoppedReason=reason, stopCode=code)
        task.update(stoppingAt=task.get("stoppingAt") or now, stoppedAt=now, executionStoppedAt=now)
        for container in task["containers"]:
            container["lastStatus"] = "STOPPED"
            exit_code = (codes or {}).get(container["name"])
            if exit_code is not None:
                container["exitCode"] = exit_code
        records.told_task(task)
        _recount(task)
    if code in FAILED:
        adapter.read("count a failed task")(task)
    container_instances.wake(records.name_of(task))
    return True


def _recount(task: Record) -> None:
    name = records.name_of(task)
    container_instances.recount(name)
    adapter.read("recount cluster")(name)
    adapter.read("refresh service")(name, task.get("group") or "")
