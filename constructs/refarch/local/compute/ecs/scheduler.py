"""The scheduler of a cluster: places what waits, keeps services at their counts, follows drains and capacity."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from refarch.local import adapter
from refarch.local.compute import scope
from refarch.local.compute.ecs import capacity, container_instances, messages, records, tasks
from refarch.local.compute.ecs.planning import Plan, Seen, plan, plan_daemon
from refarch.local.compute.ecs.records import Record
from refarch.local.compute.ecs.running import drop, place

Key = tuple[str, str, str]
NOTHING: Mapping[str, Any] = MappingProxyType({})
_dirty: set[Key] = set()
_busy: set[Key] = set()


def install() -> None:
    container_instances.wake = wake
    adapter.replace("reconcile service", reconcile)


def wake(name: str) -> None:
    """Look at this cluster soon."""
    key = (*scope.place(), name)
    with scope.lock:
        _dirty.add(key)
        if key in _busy:
            return
        _busy.add(key)
    scope.spawn(f"cluster-{name}", _work, key)


def _work(key: Key) -> None:
    while True:
        with scope.lock:
            if key not in _dirty:
                _busy.discard(key)
                return
            _dirty.discard(key)
        try:
            step(key[2])
        except Exception:
            scope.logger.exception("the scheduler of %s failed", key[2])


def step(name: str) -> None:
    """Everything once, as far as it goes now."""
    _end_lost_tasks(name)
    place_waiting(name)
    for key in records.services(name):
        reconcile(name, key)
    capacity.follow(name, [task for task in records.tasks(name) if task["lastStatus"] == "PROVISIONING"])


def _end_lost_tasks(name: str) -> None:
    """Tasks whose instance has gone have ended with it."""
    hosts = records.container_instances(name)
    for task in list(adapter.read("ECS tasks").values()):
        arn = task.get("containerInstanceArn")
        if task["lastStatus"] != "STOPPED" and arn and arn not in hosts and records.name_of(task) == name:
            tasks.finish(task, "Host EC2 instance terminated.", "TerminationNotice")


def place_waiting(name: str) -> None:
    """Place every PROVISIONING task that fits somewhere."""
    with scope.lock:
        for task in records.tasks(name):
            if task["lastStatus"] == "PROVISIONING":
                place(name, task)


def reconcile(cluster_name: str, svc_key: str) -> None:
    """Do for one service what its plan says."""
    with scope.lock:
        service = adapter.read("ECS services").get(svc_key)
        if service is None or service["status"] != "ACTIVE":
            return
        own = _tasks_of(cluster_name, service)
        wanted = _plan(cluster_name, service, own)
        for task in own:
            if task["taskArn"] in wanted.stop:
                tasks.stop(task, _reason(service, task), "ServiceSchedulerInitiated")
        if wanted.start:
            _start(cluster_name, service, wanted.start)
        adapter.read("refresh service")(cluster_name, f"service:{service['serviceName']}")
        adapter.read("recount cluster")(cluster_name)
    before = _rollout(service)
    adapter.read("complete a deployment")(cluster_name, svc_key)
    if before != "COMPLETED" and _rollout(service) == "COMPLETED":
        records.told_service(service, "ECS Deployment State Change", "SERVICE_DEPLOYMENT_COMPLETED")
        records.told_service(service, "ECS Service Action", "SERVICE_STEADY_STATE")


def _rollout(service: Record) -> str:
    return str(_primary(service).get("rolloutState") or "")


def _primary(service: Record) -> Record:
    found: Record = next((one for one in service.get("deployments") or [] if one["status"] == "PRIMARY"), {})
    return found


def _tasks_of(name: str, service: Record) -> list[Record]:
    return [task for task in records.tasks(name) if task.get("group") == f"service:{service['serviceName']}"]


def _is_current(service: Record, task: Record) -> bool:
    found = adapter.read("deployment of a task")(service, task)
    return found is not None and found is _primary(service)


def _plan(name: str, service: Record, own: list[Record]) -> Plan:
    machines = records.container_instances(name)
    draining = {arn for arn, row in machines.items() if row["status"] == "DRAINING"}
    failed = _rollout(service) == "FAILED"
    if service.get("schedulingStrategy") == "DAEMON":
        active = [arn for arn, row in machines.items() if row["status"] == "ACTIVE" and row["agentConnected"]]
        service["desiredCount"] = _primary(service)["desiredCount"] = len(active)
        rows = [(t["taskArn"], str(t.get("containerInstanceArn")), _is_current(service, t)) for t in own]
        made = plan_daemon(active, rows)
    else:
        limits = service.get("deploymentConfiguration") or {}
        minimum, maximum = limits.get("minimumHealthyPercent"), limits.get("maximumPercent")
        made = plan(
            int(service.get("desiredCount") or 0),
            100 if minimum is None else int(minimum),
            200 if maximum is None else int(maximum),
            [
                Seen(
                    key=task["taskArn"],
                    running=task["lastStatus"] == "RUNNING",
                    current=_is_current(service, task),
                    draining=task.get("containerInstanceArn") in draining,
                    born=number,
                )
                for number, task in enumerate(own)
            ],
        )
    return Plan(made.stop, 0) if failed else made


def _reason(service: Record, task: Record) -> str:
    machine = records.container_instances(records.name_of(task)).get(str(task.get("containerInstanceArn"))) or {}
    if machine.get("status") == "DRAINING":
        return f"Scaling activity initiated by (container instance {machine['containerInstanceArn']} is DRAINING)"
    return f"Scaling activity initiated by (deployment {_primary(service).get('id')})"


def _start(name: str, service: Record, number: int) -> None:
    made, refused = tasks.make(
        {
            "cluster": name,
            "taskDefinition": service["taskDefinition"],
            "count": number,
            "group": f"service:{service['serviceName']}",
            "startedBy": _primary(service).get("id", service["serviceName"]),
            "launchType": service.get("launchType"),
            "capacityProviderStrategy": service.get("capacityProviderStrategy"),
            "platformVersion": service.get("platformVersion", ""),
            "networkConfiguration": service.get("networkConfiguration") or {},
            "enableExecuteCommand": service.get("enableExecuteCommand", False),
            "placementConstraints": _constraints(service),
            "_deploymentId": _primary(service).get("id"),
        }
    )
    if refused:
        messages.add(service, "was unable to place a task: its task definition is not there.")
    for task in made:
        failures = place(name, task)
        if task["lastStatus"] == "PROVISIONING" and capacity.brings_more(task):
            wake(name)
        elif task["lastStatus"] == "PROVISIONING":
            drop([task])
            messages.add(service, _why_unplaced(failures))


_asked: contextvars.ContextVar[Mapping[str, Any]] = contextvars.ContextVar("refarch_service_asked", default=NOTHING)


@contextlib.contextmanager
def placing(data: Mapping[str, Any]) -> Iterator[None]:
    """Place the first tasks of a service by its request: its record is not complete yet."""
    token = _asked.set(data)
    try:
        yield
    finally:
        _asked.reset(token)


def _constraints(service: Record) -> list[dict[str, str]]:
    daemon = service.get("schedulingStrategy") == "DAEMON"
    known = service if "placementConstraints" in service else _asked.get()
    found: list[dict[str, str]] = known.get("placementConstraints") or []
    return [*found, {"type": "distinctInstance"}] if daemon else found


def _why_unplaced(failures: list[dict[str, str]]) -> str:
    reason = failures[0]["reason"] if failures else "No Container Instances were found in your cluster."
    return f"was unable to place a task because no container instance met all of its requirements. Reason: {reason}"
