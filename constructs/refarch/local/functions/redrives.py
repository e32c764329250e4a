"""RedriveExecution, which the emulator lacks: an execution goes on in the state in which it failed or was stopped.

A state that a Catch left has been exited, as on AWS: an execution that ended in a Fail state fails there again.
Not as on AWS: a Parallel or inline Map state is run as a whole, and variables (`Assign`) are not kept.

Source: "Restarting state machine executions with redrive" and "Redriving Map Runs" in the Step Functions guide.
"""

from __future__ import annotations

import contextvars
import json
import logging
import threading
from datetime import datetime
from functools import partial
from typing import Any

from refarch.local import adapter
from refarch.local.functions import state_walks

logger = logging.getLogger("refarch.local")
SERVICE, ACTION = "states", "RedriveExecution"
Answer = tuple[int, dict[str, str], bytes]
MOST_EVENTS = 24_999


class NotRedrivable(Exception):
    """Why an execution cannot be redriven, with the name of AWS's error."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def install() -> None:
    """Serve the operation, and tell in DescribeExecution what it did."""
    services, describe = adapter.read("services"), adapter.read("description of an execution")
    serve = services[SERVICE]

    async def served(method: str, path: str, headers: Any, body: Any, query: Any) -> Any:
        if not str(headers.get("x-amz-target", "")).endswith(f".{ACTION}"):
            return await serve(method, path, headers, body, query)
        return redrive(json.loads(body or b"{}"))

    services[SERVICE] = served
    adapter.replace("description of an execution", lambda data: with_redrives(describe(data), data))


def with_redrives(answer: Answer, data: dict[str, Any]) -> Answer:
    """An answer of DescribeExecution with what it says of redrives."""
    execution = adapter.read("executions").get(data.get("executionArn"))
    if answer[0] != 200 or execution is None:
        return answer
    described = json.loads(answer[2]) | standing(execution)
    return answer[0], {**answer[1]}, json.dumps(described).encode()


def standing(execution: dict[str, Any]) -> dict[str, Any]:
    """What DescribeExecution says of an execution's redrives. Pure."""
    found: dict[str, Any] = {"redriveCount": execution.get("redriveCount", 0)}
    if execution.get("redriveDate"):
        found["redriveDate"] = execution["redriveDate"]
    reason = hindrance(execution)
    if reason:
        return found | {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}
    return found | {"redriveStatus": "REDRIVABLE_BY_MAP_RUN" if execution.get("mapRunArn") else "REDRIVABLE"}


def hindrance(execution: dict[str, Any]) -> str:
    """Why an execution cannot be redriven now; empty when it can. Pure."""
    if execution["status"] in ("RUNNING", "SUCCEEDED"):
        return f"Execution is {execution['status']} and cannot be redriven"
    return "Execution history event limit exceeded" if len(execution["events"]) >= MOST_EVENTS else ""


def redrive(data: dict[str, Any]) -> Answer:
    """The operation: the answer says when, and the execution goes on in a thread of its own."""
    try:
        execution, token = _redrivable(data), data.get("clientToken")
    except NotRedrivable as error:
        document = {"__type": error.code, "message": str(error)}
        return 400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(document).encode()
    known: dict[str, str] = execution.setdefault("redriveTokens", {})
    if token not in known:
        execution = begin(execution)
        known[str(token)] = execution["redriveDate"]
        adapter.read("publish an execution's status")(execution)
        work = partial(contextvars.copy_context().run, _go_on, execution)
        threading.Thread(target=work, name="refarch-redrive", daemon=True).start()
    when = datetime.fromisoformat(known[str(token)]).timestamp()
    return 200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps({"redriveDate": when}).encode()


def _redrivable(data: dict[str, Any]) -> dict[str, Any]:
    arn = str(data.get("executionArn", ""))
    execution: dict[str, Any] | None = adapter.read("executions").get(arn)
    if execution is None:
        raise NotRedrivable("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
    if data.get("clientToken") in execution.get("redriveTokens", {}):
        return execution
    if execution.get("mapRunArn"):
        raise NotRedrivable("ExecutionNotRedrivable", "Redrive the execution of the Map Run's parent workflow")
    if reason := hindrance(execution):
        raise NotRedrivable("ExecutionNotRedrivable", reason)
    return execution


def begin(ended: dict[str, Any]) -> dict[str, Any]:
    """Count the redrive, and let the execution run: in a record of its own, since the thread of a stopped execution
    may still wait with the old one, and must not wake up to an execution that runs."""
    execution = {**ended, "events": list(ended["events"])}
    adapter.read("executions")[execution["executionArn"]] = execution
    execution["redriveCount"] = count = execution.get("redriveCount", 0) + 1
    execution["redriveDate"] = state_walks.now()
    execution.update(status="RUNNING", stopDate=None, output=None, error=None, cause=None)
    details = {"executionRedrivenEventDetails": {"redriveCount": count}}
    adapter.read("event of an execution")(execution, "ExecutionRedriven", details)
    return execution


def _go_on(execution: dict[str, Any]) -> None:
    try:
        output = _walked(execution)
    except adapter.read("error of an execution") as error:
        adapter.read("fail an execution")(execution, error.error, error.cause)
    except Exception as error:
        logger.exception("%s could not be redriven", execution["executionArn"])
        adapter.read("fail an execution")(execution, "States.Runtime", str(error))
    else:
        _succeed(execution, output)


def _walked(execution: dict[str, Any]) -> Any:
    machine = adapter.read("state machines").get(execution["stateMachineArn"]) or {}
    document = json.loads(machine.get("definition") or "{}")
    given = json.loads(execution["input"])
    name, data = state_walks.stopped_at(execution["events"]) or (document.get("StartAt"), given)
    language = document.get("QueryLanguage", "JSONPath")
    ctx = state_walks.context(execution, given, machine, language)
    return state_walks.walk(document.get("States", {}), name, data, execution, ctx)


def _succeed(execution: dict[str, Any], output: Any) -> None:
    if execution["status"] != "RUNNING":  # it was stopped meanwhile
        return
    text = json.dumps(output)
    execution.update(status="SUCCEEDED", output=text, stopDate=state_walks.now())
    details = {"executionSucceededEventDetails": {"output": text}}
    adapter.read("event of an execution")(execution, "ExecutionSucceeded", details)
    adapter.read("publish an execution's status")(execution)
