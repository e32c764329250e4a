"""A task state that waits for a job or task: who waits, when it is given up, and what its role lets it stop then."""

from __future__ import annotations

import contextvars
import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from refarch.local import adapter, clock
from refarch.local.execution import identity
from refarch.local.functions import grants, workflow_permissions

logger = logging.getLogger("refarch.local")
WAITED_FOR = (":::batch:", ":::ecs:")


@dataclass(frozen=True)
class Work:
    """Something a state waits for: how it is named, and how (and with which permission) it is stopped."""

    name: str
    action: str
    stop: Callable[[str], None]


@dataclass(eq=False)
class TaskState:
    """One task state of an execution while it is executed."""

    execution: dict[str, Any]
    role: str
    outstanding: list[Work] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def region(self) -> str:
        return str(self.execution["executionArn"]).split(":")[3]

    @property
    def stopped(self) -> bool:
        """Whether the execution has ended meanwhile, by StopExecution or by the failure of another branch."""
        return not running(self.execution)

    def require(self, service: str, generic: str, action: str, *resources: str) -> None:
        """Raise the service's generic error when the state machine's role may not do it."""
        for resource in resources:
            if not identity.may(self.role, action, resource):
                raise failure(f"{service}.{generic}", grants.denial(self.role, action, resource))

    def began(self, work: Work) -> None:
        with self.lock:
            self.outstanding.append(work)

    def finished(self, work: Work) -> None:
        with self.lock:
            if work in self.outstanding:
                self.outstanding.remove(work)

    def abandon(self, reason: str) -> None:
        """Stop what is still waited for, as far as the state machine's role may."""
        with self.lock:
            works, self.outstanding = self.outstanding, []
        for work in works:
            if identity.may(self.role, work.action, work.name):
                work.stop(reason)
            else:
                logger.warning("%s goes on: %s lacks %s on it", work.name, self.role, work.action)


def running(execution: Mapping[str, Any]) -> bool:
    """Whether an execution goes on. A child of a map run ends with the execution that the map belongs to."""
    if execution["status"] != "RUNNING":
        return False
    run = adapter.read("map runs").get(execution.get("mapRunArn") or "")
    parent = adapter.read("executions").get(run["executionArn"]) if run else None
    return parent is None or running(parent)


_current: contextvars.ContextVar[TaskState | None] = contextvars.ContextVar("refarch_task_state", default=None)


def current() -> TaskState:
    """The state on whose behalf this thread works. Raises `LookupError` outside of one."""
    found = _current.get()
    if found is None:
        raise LookupError("no task state is being executed")
    return found


def failure(error: str, cause: str | Mapping[str, Any]) -> Exception:
    """What fails a state: raise it. A document as the cause becomes JSON."""
    text = cause if isinstance(cause, str) else json.dumps(cause, default=str)
    return adapter.read("error of an execution")(error, text)  # type: ignore[no-any-return]


def with_timeout_of_input(state: dict[str, Any], raw_input: Any, ctx: Any) -> dict[str, Any]:
    """`TimeoutSecondsPath`, which the emulator does not know, as the `TimeoutSeconds` that it names."""
    path = state.get("TimeoutSecondsPath")
    if path is None:
        return state
    seconds = adapter.read("value at a path")(path, raw_input, ctx)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < 1:
        raise failure("States.Runtime", f"TimeoutSecondsPath {path} is {seconds!r}, allowed: a positive integer")
    return {**state, "TimeoutSeconds": seconds}


def install() -> None:
    """Know the state that is executed, give up what it waited for, and leave a stopped execution stopped."""
    execute, fail = adapter.read("execute a task state"), adapter.read("fail an execution")
    with_timeout = adapter.read("invoke with a timeout")

    def executed(state_def: Any, raw_input: Any, execution: dict[str, Any], ctx: Any) -> Any:
        state_def = with_timeout_of_input(state_def, raw_input, ctx)
        if execution is None:  # a single state that is tested
            return execute(state_def, raw_input, execution, ctx)
        if not running(execution):
            raise failure("States.Aborted", "the execution was stopped")
        state = TaskState(execution, str(workflow_permissions.machine_of(execution).get("roleArn", "")))
        token = _current.set(state)
        try:
            return execute(state_def, raw_input, execution, ctx)
        finally:
            _current.reset(token)
            state.abandon("Execution stopped by Step Functions")

    def failed(execution: dict[str, Any], error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":  # the emulator would turn ABORTED into FAILED
            fail(execution, error, cause)

    def invoked(resource: str, input_data: Any, timeout: float) -> Any:
        if not any(name in resource for name in WAITED_FOR):
            return with_timeout(resource, input_data, timeout)
        try:
            return with_timeout(resource, input_data, clock.scaled(timeout))
        except adapter.read("error of an execution") as error:
            if error.error != "States.Timeout":
                raise
            current().abandon("Task timed out in Step Functions")
            raise failure("States.Timeout", f"Task timed out after {timeout} seconds") from None

    adapter.replace("execute a task state", executed)
    adapter.replace("fail an execution", failed)
    adapter.replace("invoke with a timeout", invoked)
