"""Lambda entry point of a weighted move: each minute, and by hand with {"command": "start" | "abort" | "status"}."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from refarch_lambdas.traffic_shift.backends import backend_of
from refarch_lambdas.traffic_shift.controller import Controller, Turn
from refarch_lambdas.traffic_shift.decision import COMMANDS, NO_DATA, Plan
from refarch_lambdas.traffic_shift.store import Store

logger = Logger()
metrics = Metrics()


@cache
def _client(service: str) -> Any:
    return boto3.client(service)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """One turn. Answers with the state and the share. Raises `ValueError` for a command that there is not."""
    command = event.get("command", "")
    if command not in COMMANDS:
        raise ValueError(f"command is {command!r}, allowed: {', '.join(filter(None, COMMANDS))}")
    turn = _controller().turn(command)
    _tell(turn)
    state = turn.state
    return {"phase": state.phase, "weight": turn.weight, "reason": state.reason, "since": state.since}


def _controller() -> Controller:
    settings = json.loads(os.environ["SHIFT_SETTINGS"])
    plan = Plan(**{**settings["plan"], "steps": tuple(settings["plan"]["steps"])})
    return Controller(
        plan=plan,
        store=Store(_client("dynamodb"), os.environ["SHIFT_TABLE"]),
        backend=backend_of(settings["backend"], _client),
        alarms=lambda: alarm_states(settings["alarms"]),
        clock=time.time,
    )


def alarm_states(names: list[str]) -> Mapping[str, str]:
    """The state of each alarm, plain or composite. One that is not there has no data."""
    found = dict.fromkeys(names, NO_DATA)
    if names:
        answer = _client("cloudwatch").describe_alarms(AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        for each in [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())]:
            found[each["AlarmName"]] = each["StateValue"]
    return found


def _tell(turn: Turn) -> None:
    metrics.add_metric(name="NewStackPercentage", unit=MetricUnit.Percent, value=turn.weight)
    details = {"phase": turn.state.phase, "weight": turn.weight, "reason": turn.state.reason, "repaired": turn.repaired}
    logger.info("turn", extra=details)
    if turn.changed:
        _client("sns").publish(
            TopicArn=os.environ["SHIFT_TOPIC"],
            Subject=f"Traffic: {turn.weight} % to the new stack",
            Message=f"{turn.state.phase}: {turn.state.reason}. The new stack gets {turn.weight} % of the traffic.",
        )
