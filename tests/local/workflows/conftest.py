"""Runs a state machine to its end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

ROLE = "arn:aws:iam::000000000000:role/workflow"


@pytest.fixture
def run(bench: Any, until: Any) -> Callable[..., dict[str, Any]]:
    """(states by name, first one, input) -> the execution when it has ended."""

    def ended(
        states: dict[str, Any], first: str = "Only", given: Any = None, cloud: Any = None, role: str = ROLE
    ) -> Any:
        client = (cloud or bench.cloud).client("stepfunctions")
        machine = client.create_state_machine(
            name=bench.name("machine"), definition=json.dumps({"StartAt": first, "States": states}), roleArn=role
        )["stateMachineArn"]
        arn = client.start_execution(stateMachineArn=machine, input=json.dumps(given or {}))["executionArn"]
        return until(
            lambda: (found := client.describe_execution(executionArn=arn))["status"] != "RUNNING" and found, 20
        )

    return ended
