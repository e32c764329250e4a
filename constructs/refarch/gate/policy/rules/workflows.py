"""Step Functions: graphs that lead somewhere, tasks that do not hang, and logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.policy.asl import definition, machines, problems, states
from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.values import UNKNOWN, is_off
from refarch.gate.policy.view import Resource, Template

MACHINE = "AWS::StepFunctions::StateMachine"
_PATH = "DefinitionString"


def _tasks(template: Template) -> Iterator[tuple[Resource, str, Mapping[str, Any]]]:
    for machine in template.of_type(MACHINE):
        for part in machines(definition(machine) or {}):
            for name, state in states(part).items():
                if state.get("Type") == "Task":
                    yield machine, name, state


@rule(
    "ASL-GRAPH",
    "A workflow goes to a state that is none, or never ends",
    control=45,
    remedy="name an existing state in Next, Default and Catch; give every path an end",
)
def graph(template: Template) -> Iterator[Fault]:
    for machine in template.of_type(MACHINE):
        whole = definition(machine)
        for part in machines(whole) if whole is not None else ():
            for message in problems(part):
                yield fault(machine, message, _PATH)


@rule(
    "SFN-RETRY",
    "A passing fault of a service ends the workflow",
    control=44,
    severity="warning",
    remedy="add Retry (or Catch) to the task",
)
def retry(template: Template) -> Iterator[Fault]:
    for machine, name, state in _tasks(template):
        if not state.get("Retry") and not state.get("Catch"):
            yield fault(machine, f"{name}: neither Retry nor Catch", _PATH)


@rule(
    "SFN-TIMEOUT",
    "A task that never answers keeps the workflow for up to a year",
    control=44,
    severity="warning",
    remedy="set TimeoutSeconds on the task, or on the workflow",
)
def timeout(template: Template) -> Iterator[Fault]:
    for machine in template.of_type(MACHINE):
        whole = definition(machine) or {}
        if machine.get("StateMachineType") == "EXPRESS" or "TimeoutSeconds" in whole:
            continue
        for part in machines(whole):
            for name, state in states(part).items():
                limited = any(key.startswith(("TimeoutSeconds", "HeartbeatSeconds")) for key in state)
                if state.get("Type") == "Task" and not limited:
                    yield fault(machine, f"{name}: no TimeoutSeconds, and none for the workflow", _PATH)


@rule(
    "SFN-LOGS",
    "Failures of a workflow are not logged",
    control=44,
    profile="regulated",
    severity="warning",
    anchor="CT.STEPFUNCTIONS.PR.1, N SF1, F StepFunctions.1",
    remedy="set LoggingConfiguration.Level to ERROR or ALL",
)
def logs(template: Template) -> Iterator[Fault]:
    for machine in template.of_type(MACHINE):
        level = machine.get("LoggingConfiguration.Level")
        if level not in ("ERROR", "ALL", UNKNOWN):
            yield fault(machine, f"LoggingConfiguration.Level is {level or 'not set'}", "LoggingConfiguration")


@rule(
    "SFN-TRACING",
    "A workflow is not traced",
    control=44,
    profile="regulated",
    severity="warning",
    anchor="CT.STEPFUNCTIONS.PR.2, N SF2",
    remedy="set TracingConfiguration.Enabled to true",
)
def tracing(template: Template) -> Iterator[Fault]:
    for machine in template.of_type(MACHINE):
        if is_off(machine.get("TracingConfiguration.Enabled")):
            yield fault(machine, "TracingConfiguration.Enabled is not true", "TracingConfiguration")
