"""Puts the simulated ECS in the place of the emulator's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.compute import instances, spot
from refarch.local.compute.ecs import (
    capacity,
    container_api,
    container_instances,
    permissions,
    records,
    running,
    scheduler,
    stacks,
    task_definitions,
    tasks,
)
from refarch.local.compute.ecs.listing import list_tasks

Data = Mapping[str, Any]
Handler = Callable[[Data], Any]


def install() -> None:
    tasks.install()
    scheduler.install()
    capacity.install()
    stacks.install()
    task_definitions.install()
    permissions.install()
    instances.listen(container_instances.on_instance)
    spot.warned.append(container_instances.on_notice)
    adapter.replace("mark task stopped", _mark_stopped)
    adapter.replace("publish targets of a service", _publish_nothing)
    adapter.replace("new deployment", _in_progress(adapter.read("new deployment")))
    actions = adapter.read("ECS actions")
    actions.update(container_api.ACTIONS)
    for name, key, handler in (("RunTask", "run task", running.run), ("StopTask", "stop task", _stop)):
        adapter.replace(key, handler)
        actions[name] = handler
    actions["ListTasks"] = list_tasks
    actions["CreateService"] = _with_placement(adapter.read("create a service"))
    adapter.replace("create a service", actions["CreateService"])
    actions["DeleteCluster"] = _careful(actions["DeleteCluster"])
    actions["CreateCapacityProvider"] = _with_draining(actions["CreateCapacityProvider"])


def _mark_stopped(
    task_arn: str, task: dict[str, Any], reason: str, stop_code: str, exit_code: int | None = None
) -> bool:
    codes = {} if exit_code is None else {one["name"]: exit_code for one in task["containers"]}
    return tasks.finish(task, reason, stop_code, codes)


def _publish_nothing(cluster_name: str, svc: Data) -> None:
    """Targets come and go with each task; there is nothing to publish at once."""


def _in_progress(stock: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """A new deployment is in progress until its tasks run, also the first one of a service."""

    def make(task_definition: str, desired_count: int, status: str = "PRIMARY") -> dict[str, Any]:
        made = stock(task_definition, desired_count, status)
        made["rolloutState"] = "IN_PROGRESS"
        made["rolloutStateReason"] = f"ECS deployment {made['id']} in progress."
        return made

    return make


def _stop(data: Data) -> Any:
    name = records.cluster_name(data)
    task = adapter.read("task of a reference")(data.get("task", ""), name)
    if task is None:
        return records.error("InvalidParameterException", "The referenced task was not found.")
    tasks.stop(task, data.get("reason") or "Task stopped by user", "UserInitiated")
    container_instances.wake(name)
    return records.answer({"task": task})


def _with_placement(stock: Handler) -> Handler:
    """ministack drops where a service wants its tasks, and templates say more than it asks for."""

    def create(data: Data) -> Any:
        data = stacks.completed(data)
        with scheduler.placing(data):
            answer = stock(data)
        service = adapter.read("ECS services").get(f"{records.cluster_name(data)}/{data.get('serviceName')}")
        if answer[0] < 400 and service is not None:
            for name in ("placementConstraints", "placementStrategy"):
                service[name] = data.get(name) or []
        return answer

    return create


def _careful(stock: Handler) -> Handler:
    """A cluster with instances, services or tasks is not deleted."""

    def delete(data: Data) -> Any:
        name = records.cluster_name(data)
        for found, code, what in (
            (
                records.container_instances(name),
                "ClusterContainsContainerInstancesException",
                "Container Instances are",
            ),
            (records.services(name), "ClusterContainsServicesException", "Services are"),
            (records.tasks(name), "ClusterContainsTasksException", "Tasks are"),
        ):
            if found:
                return records.error(code, f"The Cluster cannot be deleted while {what} active.")
        return stock(data)

    return delete


def _with_draining(stock: Handler) -> Handler:
    """ministack drops managed draining, which is on unless it is declared off."""

    def create(data: Data) -> Any:
        answer = stock(data)
        made = adapter.read("ECS capacity providers").get(data.get("name", ""))
        if answer[0] < 400 and made is not None:
            asked = (data.get("autoScalingGroupProvider") or {}).get("managedDraining")
            made["autoScalingGroupProvider"]["managedDraining"] = asked or "ENABLED"
        return answer

    return create
