"""ECS tasks whose images are mapped, as processes: what the simulated cluster places is started and ended here."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from refarch.local import adapter
from refarch.local.execution import host_files, identity, logs
from refarch.local.execution.container import STOP_GRACE, CannotStart, Container, Engine, Plan, Sink
from refarch.local.execution.restarts import Restarts, service_of

logger = logging.getLogger("refarch.local")
ENDED = ("COMPLETE", "SUCCESS")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One container of a task: its name, plan, output, grace (simulated seconds) and what must have happened before."""

    name: str
    plan: Plan
    sink: Sink
    essential: bool
    grace: float
    after: Mapping[str, str]


@dataclass(eq=False)
class RunningTask:
    """The containers of a task. `over` is set when an essential one has ended or the task is stopped."""

    containers: dict[str, Container] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)
    tokens: list[str] = field(default_factory=list)
    asked_to_stop: bool = False

    @property
    def endpoints(self) -> dict[int, tuple[str, int]]:
        """Where each container port is reached; load balancers are told."""
        return {port: where for one in self.containers.values() for port, where in one.endpoints.items()}

    def start(self, engine: Engine, parts: list[Part]) -> None:
        """Start every container, each when what it depends on is so far. Raises `CannotStart`."""
        try:
            for part in in_order(parts):
                self._await(part)
                self.containers[part.name] = engine.start(part.plan, part.sink)
                self.parts[part.name] = part
                if part.essential:
                    self._watch(part.name)
        except CannotStart:
            self.stop()
            self.wait()
            raise

    def _await(self, part: Part) -> None:
        for name, condition in part.after.items():
            if condition in ENDED and name in self.containers:
                code = self.containers[name].wait()
                if condition == "SUCCESS" and code != 0:
                    raise CannotStart(f"Task failed to start: container {name} ended with {code}")

    def _watch(self, name: str) -> None:
        def wait() -> None:
            self.containers[name].wait()
            self.over.set()

        threading.Thread(target=wait, name=f"refarch-task-{name}", daemon=True).start()

    def wait(self) -> Mapping[str, int]:
        """Block until an essential container has ended, end the others; every exit code by container."""
        self.over.wait()
        for name, container in self.containers.items():
            if not container.ended.is_set():
                container.stop(self.parts[name].grace if name in self.parts else STOP_GRACE)
        codes = {name: container.wait() for name, container in self.containers.items()}
        logs.flush()
        for token in self.tokens:
            adapter.read("end task metadata")(token)
        return {name: code for name, code in codes.items() if code is not None}

    def stop(self) -> None:
        """Ask every container to end; returns at once."""
        self.asked_to_stop = True
        self.over.set()


def in_order(parts: list[Part]) -> list[Part]:
    """Each container after those it depends on; a circle keeps the order of the definition."""
    waiting, ordered = list(parts), []
    while waiting:
        known = {part.name for part in waiting}
        free = next((part for part in waiting if not known & set(part.after)), waiting[0])
        waiting.remove(free)
        ordered.append(free)
    return ordered


class TaskRunner:
    """Starts tasks; see `refarch.local.compute.ecs_tasks.run_with`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.restarts = Restarts()
        self._running: weakref.WeakSet[RunningTask] = weakref.WeakSet()

    def __call__(self, task: dict[str, Any], definition: dict[str, Any]) -> RunningTask | None:
        """Start a task. None for a service's task whose image is not mapped: it stays a record. Raises `CannotStart`
        for any other, with how to map the image, and for what cannot be started."""
        declared = definition["containerDefinitions"]
        missing = [one for one in declared if not self.engine.is_mapped(one["image"])]
        if any(one.get("essential", True) for one in missing):
            if service_of(task):
                return None
            raise CannotStart(f"CannotPullContainerError: {self.engine.registry.advice(missing[0]['image'])}")
        for one in missing:
            logger.warning("container %s of %s is left out: no program for it", one["name"], task["taskArn"])
        self._pause(task)
        running = RunningTask()
        self._running.add(running)
        parts = [self._part(task, definition, one, running) for one in declared if one not in missing]
        running.start(self.engine, parts)
        service = service_of(task)
        if service:
            name = "refarch-task-restarts"
            threading.Thread(target=self._note, args=(service, running), name=name, daemon=True).start()
        return running

    def _pause(self, task: Mapping[str, Any]) -> None:
        """A service whose tasks end as soon as they start does not start them as fast as it can."""
        over = time.monotonic() + self.restarts.pause(service_of(task))
        while time.monotonic() < over and task.get("desiredStatus") != "STOPPED":
            time.sleep(0.05)

    def _note(self, service: str, running: RunningTask) -> None:
        began = time.monotonic()
        running.over.wait()
        self.restarts.ended(service, time.monotonic() - began, by_itself=not running.asked_to_stop)

    def forget(self) -> None:
        """Kill every task's processes."""
        running, self._running = self._running, weakref.WeakSet()
        for task in running:
            for container in task.containers.values():
                container.kill()
            task.over.set()

    def _part(
        self, task: dict[str, Any], definition: dict[str, Any], one: dict[str, Any], running: RunningTask
    ) -> Part:
        override: Mapping[str, Any] = _by_name(_overrides(task).get("containerOverrides")).get(one["name"], {})
        environment = _pairs(one.get("environment")) | _secrets(one) | _pairs(override.get("environment"))
        environment |= self._service(task, definition, one, running)
        plan = Plan(
            image=one["image"],
            command=override.get("command") or one.get("command") or None,
            entrypoint=one.get("entryPoint") or None,
            environment=environment,
            volumes=[str(point["containerPath"]) for point in one.get("mountPoints") or ()],
            files=host_files.of_container(definition, one, host_files.instance_of(task)),
            ports=[int(mapping["containerPort"]) for mapping in one.get("portMappings") or ()],
            working_directory=one.get("workingDirectory"),
        )
        return Part(
            name=one["name"],
            plan=plan,
            sink=_sink(task, one),
            essential=bool(one.get("essential", True)),
            grace=float(one.get("stopTimeout") or STOP_GRACE),
            after={entry["containerName"]: entry.get("condition", "START") for entry in one.get("dependsOn") or ()},
        )

    def _service(
        self, task: dict[str, Any], definition: dict[str, Any], one: dict[str, Any], running: RunningTask
    ) -> dict[str, str]:
        """What ECS sets: where the metadata is, and whom the task acts as."""
        region = _region(task)
        metadata: dict[str, str] = {}
        launch = str(task.get("launchType") or "EC2")
        register = adapter.read("task metadata")
        running.tokens.append(
            register(task["taskArn"], task["clusterArn"], definition, one, launch, metadata, True, None)
        )
        values = {name: value for name, value in metadata.items() if name.startswith("ECS_")}
        values |= {"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_EXECUTION_ENV": f"AWS_ECS_{launch}"}
        role = _overrides(task).get("taskRoleArn") or definition.get("taskRoleArn")
        session = "task-" + str(task["taskArn"]).rsplit("/", 1)[-1]
        return values | identity.credentials(role or None, session, region)


def _region(task: Mapping[str, Any]) -> str:
    return str(task["taskArn"]).split(":")[3]


def _overrides(task: Mapping[str, Any]) -> Mapping[str, Any]:
    return task.get("overrides") or {}


def _by_name(entries: Any) -> dict[str, Mapping[str, Any]]:
    return {entry["name"]: entry for entry in entries or ()}


def _pairs(entries: Any) -> dict[str, str]:
    return {entry["name"]: str(entry.get("value", "")) for entry in entries or ()}


def _secrets(one: Mapping[str, Any]) -> dict[str, str]:
    try:
        return dict(adapter.read("container secrets")(one))
    except Exception as error:
        raise CannotStart(f"ResourceInitializationError: unable to pull secrets: {error}") from None


def _sink(task: Mapping[str, Any], one: Mapping[str, Any]) -> Sink:
    """Where output goes: as the `awslogs` driver says; without it nowhere, as on Fargate."""
    configuration = one.get("logConfiguration") or {}
    options = configuration.get("options") or {}
    group = options.get("awslogs-group")
    if configuration.get("logDriver") != "awslogs" or not group:
        return lambda line: None
    task_id = str(task["taskArn"]).rsplit("/", 1)[-1]
    prefix = options.get("awslogs-stream-prefix")
    name = f"{prefix}/{one['name']}/{task_id}" if prefix else task_id
    create = str(options.get("awslogs-create-group", "")).lower() == "true"
    return logs.Stream(group, name, options.get("awslogs-region") or _region(task), create_group=create)
