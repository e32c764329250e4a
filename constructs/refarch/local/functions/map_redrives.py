"""The children of a Distributed Map: each has a history and a context object of its own, and goes on when its map run
is redriven, where it failed; those that succeeded are left alone."""

from __future__ import annotations

import contextvars
import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from refarch.local import adapter
from refarch.local.functions import grants, redrives, state_walks

NUMBER, BEGUN = "_refarchItem", "_refarchBegun"


def install() -> None:
    adapter.replace("run of inner states", around(adapter.read("run of inner states")))


def around(run_inner: Any) -> Any:
    """The states of a child itself are walked here; of its branches and iterations the emulator takes care."""

    def run(states: dict[str, Any], start: str, given: Any, execution: dict[str, Any], ctx: dict[str, Any]) -> Any:
        if not (execution or {}).get("mapRunArn") or execution.get(BEGUN):
            return run_inner(states, start, given, execution, ctx)
        execution[BEGUN] = True
        execution[NUMBER] = ctx["Map"]["Item"]["Index"]
        details = {"executionStartedEventDetails": {"input": execution["input"]}}
        adapter.read("event of an execution")(execution, "ExecutionStarted", details)
        return _walked(states, start, given, execution, own_context(execution, given, ctx))

    return run


def own_context(child: dict[str, Any], given: Any, ctx: dict[str, Any]) -> dict[str, Any]:
    """The context object of a child: its own execution, and the item that it is for."""
    machine = {"name": ctx["StateMachine"]["Name"]}
    return {**ctx, **state_walks.context(child, given, machine, ctx.get("QueryLanguage", "JSONPath"))}


def _walked(states: dict[str, Any], name: str, given: Any, child: dict[str, Any], ctx: dict[str, Any]) -> Any:
    tell, failure = adapter.read("event of an execution"), adapter.read("error of an execution")
    try:
        output = state_walks.walk(states, name, given, child, ctx)
    except failure as error:
        details = {"executionFailedEventDetails": {"error": error.error, "cause": error.cause}}
        tell(child, "ExecutionFailed", details)
        raise
    tell(child, "ExecutionSucceeded", {"executionSucceededEventDetails": {"output": json.dumps(output)}})
    return output


def failed_run(execution: dict[str, Any], label: str | None) -> str | None:
    """The map run of an earlier attempt of this execution that is to go on; None when a new one begins."""
    if not execution.get("redriveCount"):
        return None
    runs = adapter.read("map runs")
    mine = [arn for arn in runs if runs[arn]["executionArn"] == execution["executionArn"] and _is_of(arn, label)]
    return mine[-1] if mine and runs[mine[-1]]["status"] in ("FAILED", "ABORTED", "RUNNING") else None


def _is_of(arn: str, label: str | None) -> bool:
    return label is not None and f"/{label}:" in arn


def redrive(
    arn: str, processor: dict[str, Any], execution: dict[str, Any], most: int, ctx: dict[str, Any]
) -> list[Any]:
    """Let the children that did not succeed go on; the outputs of all, in the order of their items."""
    run = adapter.read("map runs")[arn]
    run.update(status="RUNNING", stopDate=None, redriveCount=run.get("redriveCount", 0) + 1)
    run["redriveDate"] = state_walks.now()
    details = {"mapRunRedrivenEventDetails": {"mapRunArn": arn, "redriveCount": run["redriveCount"]}}
    adapter.read("event of an execution")(execution, "MapRunRedriven", details)
    left = [child for child in children_of(arn) if child["status"] != "SUCCEEDED"]
    _may_redrive(execution, left)
    with ThreadPoolExecutor(max_workers=most or min(len(left), 64) or 1) as pool:
        for child in left:
            pool.submit(partial(contextvars.copy_context().run, _again, child, processor, dict(ctx)))
    run["stopDate"], children = state_walks.now(), children_of(arn)
    _count(run, children)
    return [json.loads(child["output"]) if child["status"] == "SUCCEEDED" else None for child in children]


def children_of(arn: str) -> list[dict[str, Any]]:
    """The children of a map run, in the order of their items."""
    found = [each for each in adapter.read("executions").values() if each.get("mapRunArn") == arn]
    return sorted(found, key=lambda child: child.get(NUMBER, 0))


def _may_redrive(execution: dict[str, Any], children: list[dict[str, Any]]) -> None:
    """The state machine's role is asked, as for starting them."""
    machine = adapter.read("state machines").get(execution["stateMachineArn"]) or {}
    role = machine.get("roleArn")
    if not role or not adapter.read("permissions are enforced"):
        return
    for child in children:
        if not grants.role_allows(role, "states:RedriveExecution", child["executionArn"]):
            cause = grants.denial(role, "states:RedriveExecution", child["executionArn"])
            raise adapter.read("error of an execution")("States.Runtime", cause)


def _again(child: dict[str, Any], processor: dict[str, Any], ctx: dict[str, Any]) -> None:
    given = json.loads(child["input"])
    name, data = state_walks.stopped_at(child["events"]) or (processor["StartAt"], given)
    child = redrives.begin(child)
    try:
        output = _walked(processor["States"], name, data, child, own_context(child, given, ctx))
    except Exception as error:
        name, cause = getattr(error, "error", "States.TaskFailed"), getattr(error, "cause", str(error))
        child.update(status="FAILED", error=name, cause=cause, stopDate=state_walks.now())
    else:
        child.update(status="SUCCEEDED", output=json.dumps(output), stopDate=state_walks.now())


def _count(run: dict[str, Any], children: list[dict[str, Any]]) -> None:
    succeeded = sum(child["status"] == "SUCCEEDED" for child in children)
    for counts in (run["itemCounts"], run["executionCounts"]):
        counts.update(pending=0, running=0, succeeded=succeeded, failed=len(children) - succeeded)
