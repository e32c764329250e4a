"""State machines and what their tasks call."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.picture.model import Flow
from refarch.gate.picture.scene import Scene
from refarch.gate.policy.values import text, walk
from refarch.gate.policy.view import Resource

_MENTIONED = re.compile(r"<([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?>|\$\{([A-Za-z0-9_]+)\}")
_CALLS = (
    ("dynamodb:get", "reads"),
    ("dynamodb:", "writes"),
    ("sqs:", "sends"),
    ("sns:", "publishes"),
    ("lambda:", "invokes"),
    ("batch:", "submits jobs"),
    ("ecs:", "runs tasks"),
    ("states:", "starts"),
    ("events:", "events"),
    ("s3:get", "reads"),
    ("s3:put", "writes"),
    ("glue:", "runs"),
)
_MACHINES = {
    "AWS::StepFunctions::StateMachine": ("DefinitionString", "Definition", "DefinitionSubstitutions"),
    "AWS::Serverless::StateMachine": ("DefinitionString", "Definition", "DefinitionSubstitutions"),
}


def flows(scene: Scene) -> Iterator[Flow]:
    """From each state machine to what a state names; unreadable definitions give plain tasks."""
    for type_, paths in _MACHINES.items():
        for machine in scene.view.of_type(type_):
            given = machine.get(paths[2])
            names = given if isinstance(given, Mapping) else {}
            definition = _definition(machine.raw(paths[0])) or machine.get(paths[1])
            found = set(_tasks(scene, machine, definition, names))
            mentioned = scene.ends([machine.raw(each) for each in paths])
            yield from found or {Flow(machine.name, end, "task") for end in mentioned}


def _definition(value: Any) -> Any:
    try:
        return json.loads(text(value)) if value is not None else None
    except (ValueError, RecursionError):
        return None


def _tasks(scene: Scene, machine: Resource, definition: Any, names: Mapping[str, Any]) -> Iterator[Flow]:
    for state in walk(definition):
        if isinstance(state, Mapping) and state.get("Type") == "Task":
            label = _label(text(state.get("Resource")))
            named = {key: state.get(key) for key in ("Resource", "Parameters", "Arguments")}
            for end in _ends(scene, named, names):
                yield Flow(machine.name, end, label)


def _label(resource: str) -> str:
    call = resource.partition(":::")[2].removeprefix("aws-sdk:").lower()
    return next((word for start, word in _CALLS if call.startswith(start)), "invokes" if not call else "calls")


def _ends(scene: Scene, named: Mapping[str, Any], names: Mapping[str, Any]) -> list[str]:
    found = set(scene.ends(named))
    for each in walk(named):
        if isinstance(each, str):
            for direct, substituted in _MENTIONED.findall(each):
                found |= set(scene.boxes(direct)) if direct in scene.view.resources else set()
                found |= set(scene.ends(names.get(substituted)))
    return sorted(found)
