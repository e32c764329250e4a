"""A state machine's role is asked before a task calls a service: a missing grant fails the task, as on AWS."""

from __future__ import annotations

import contextvars
from typing import Any

from refarch.local import adapter
from refarch.local.functions import grants, workflow_calls
from refarch.local.functions.workflow_calls import Call

_role: contextvars.ContextVar[str | None] = contextvars.ContextVar("refarch_workflow_role", default=None)
READER_FAILED, WRITER_FAILED = "States.ItemReaderFailed", "States.ResultWriterFailed"


def install() -> None:
    for name in ("invoke a task's resource", "invoke and wait for a callback"):
        adapter.replace(name, judged(adapter.read(name)))
    adapter.replace("execute a task state", on_behalf(adapter.read("execute a task state")))
    adapter.replace("distributed map", judged_map(adapter.read("distributed map")))


def machine_of(execution: dict[str, Any]) -> dict[str, Any]:
    """The state machine of an execution, also of a Distributed Map's child (`…:machine/label`)."""
    found = adapter.read("state machines").get(execution["stateMachineArn"].split("/")[0])
    return found or {}


def on_behalf(execute: Any) -> Any:
    def executed(state: Any, raw_input: Any, execution: Any, ctx: Any) -> Any:
        token = _role.set((machine_of(execution).get("roleArn") if execution else None) or None)
        try:
            return execute(state, raw_input, execution, ctx)
        finally:
            _role.reset(token)

    return executed


def judged(invoke: Any) -> Any:
    def invoked(resource: str, given: Any, *rest: Any) -> Any:
        role = _role.get()
        if role:
            region, account = adapter.read("region of the request")(), adapter.read("account of the request")()
            require(role, workflow_calls.calls(resource, given, region, account))
        return invoke(resource, given, *rest)

    return invoked


def require(role: str, needed: list[Call]) -> None:
    """Raise the emulator's error of an execution for the first call that the role may not make."""
    for call in needed:
        if not grants.role_allows(role, call.action, call.resource):
            raise adapter.read("error of an execution")(call.error, grants.denial(role, call.action, call.resource))


def judged_map(run: Any) -> Any:
    """A Distributed Map reads its items, starts its children and writes its results with the role, too."""

    def mapped(state: Any, raw_input: Any, effective: Any, processor: Any, execution: Any, ctx: Any) -> Any:
        machine = machine_of(execution)
        if machine.get("roleArn"):
            start = Call("states:StartExecution", machine["stateMachineArn"], "States.TaskFailed")
            require(machine["roleArn"], [start, *around_map(state, effective, ctx)])
        return run(state, raw_input, effective, processor, execution, ctx)

    return mapped


def around_map(state: dict[str, Any], effective: Any, ctx: Any) -> list[Call]:
    """What reading the items and writing the results needs."""
    needed = []
    reader, writer = state.get("ItemReader") or {}, state.get("ResultWriter") or {}
    for part, error in ((reader, READER_FAILED), (writer, WRITER_FAILED)):
        if not part.get("Resource"):
            continue
        where = adapter.read("filled parameters")(part.get("Parameters") or part.get("Arguments") or {}, effective, ctx)
        bucket = f"arn:aws:s3:::{where.get('Bucket')}"
        if part["Resource"].endswith("listObjectsV2"):
            needed.append(Call("s3:ListBucket", bucket, error))
        elif part is reader:
            needed.append(Call("s3:GetObject", f"{bucket}/{where.get('Key')}", error))
        else:
            folder = f"{where['Prefix'].strip('/')}/" if where.get("Prefix") else ""
            needed.append(Call("s3:PutObject", f"{bucket}/{folder}results", error))
    return needed
