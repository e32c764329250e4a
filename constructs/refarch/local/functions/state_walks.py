"""Walks the states of an execution and writes its history, from any state on: where a redriven execution goes on.

The emulator begins at the first state only, and keeps no history of a Distributed Map's children.
"""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

from refarch.local import adapter

ENTERED, EXITED = "StateEntered", "StateExited"
# These take the execution, too.
WITH_EXECUTION = {
    "Task": "execute a task state",
    "Parallel": "execute a Parallel state",
    "Map": "execute a Map state",
}
ALONE = {"Pass": "execute a Pass state", "Choice": "execute a Choice state", "Wait": "execute a Wait state"}


def now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def stopped_at(events: list[dict[str, Any]]) -> tuple[str, Any] | None:
    """The name and the input of the state that an execution was in when it ended; None when it had entered none. Pure.

    Every state that was left, also by a Catch, has been exited: then the one that it led to is the last one entered.
    """
    for event in reversed(events):
        if event["type"].endswith(ENTERED):
            details = event["stateEnteredEventDetails"]
            return details["name"], json.loads(details["input"])
    return None


def walk(states: dict[str, Any], name: str | None, given: Any, execution: dict[str, Any], ctx: dict[str, Any]) -> Any:
    """The output of these states, beginning with `name`. Raises the emulator's error of an execution."""
    tell, error = adapter.read("event of an execution"), adapter.read("error of an execution")
    data = copy.deepcopy(given)
    while name:
        state = states.get(name)
        if state is None:
            raise error("States.Runtime", f"State '{name}' not found")
        ctx["State"] = {"Name": name, "EnteredTime": now(), "RetryCount": 0}
        kind = state["Type"]
        tell(execution, kind + ENTERED, {"stateEnteredEventDetails": {"name": name, "input": json.dumps(data)}})
        data, following = _one(state, data, execution, ctx)
        tell(execution, kind + EXITED, {"stateExitedEventDetails": {"name": name, "output": json.dumps(data)}})
        name = following
    return data


def _one(state: dict[str, Any], data: Any, execution: dict[str, Any], ctx: dict[str, Any]) -> tuple[Any, str | None]:
    kind = state["Type"]
    if kind == "Fail":
        raise adapter.read("error of an execution")(*adapter.read("error of a fail state")(state, data, ctx))
    if kind == "Succeed":
        data = adapter.read("value at a path")(state.get("InputPath", "$"), data, ctx)
        return adapter.read("output path")(state, data, ctx), None
    if kind in WITH_EXECUTION:
        output, following = adapter.read(WITH_EXECUTION[kind])(state, data, execution, ctx)
    else:
        output, following = adapter.read(ALONE[kind])(state, data, ctx)
    return output, following


def context(execution: dict[str, Any], given: Any, machine: dict[str, Any], language: str) -> dict[str, Any]:
    """The context object (`$$`) of an execution."""
    redriven = {"RedriveTime": execution["redriveDate"]} if execution.get("redriveDate") else {}
    told = {
        "Id": execution["executionArn"],
        "Input": given,
        "Name": execution["name"],
        "RedriveCount": execution.get("redriveCount", 0),
        "StartTime": execution["startDate"],
    }
    return {
        "QueryLanguage": language,
        "Execution": told | redriven,
        "StateMachine": {"Id": execution["stateMachineArn"], "Name": machine.get("name", "")},
        "variables": {},
    }
