"""A small interpreter of the Amazon States Language, as far as `JobWorkflow` uses it (JSONPath). No emulator, no AWS.

It raises `Unsupported` for whatever it does not know, so a definition can never pass by being ignored.
Source: https://states-language.net/spec.html
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

Task = Callable[[str, Any], Any]
"""Takes a resource and its parameters; returns the result or raises `Fails`."""

FIELDS = {
    "Task": "Type Resource Parameters ResultSelector ResultPath TimeoutSeconds TimeoutSecondsPath Retry Catch Next End",
    "Choice": "Type Choices Default",
    "Pass": "Type Result Parameters ResultPath Next End",
    "Parallel": "Type Branches ResultSelector ResultPath Catch Next End",
    "Map": "Type Label ItemReader ItemSelector MaxConcurrencyPath ToleratedFailurePercentagePath ItemProcessor "
    "ResultWriter ResultPath Catch Next End",
    "Fail": "Type ErrorPath CausePath",
}


class Unsupported(AssertionError):
    """Something that this interpreter does not know."""


class Fails(Exception):
    """A state, or a whole machine, that fails."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error, self.cause = error, cause


@dataclass
class Machine:
    """Runs a definition. `visited` has the names of the states, in order."""

    definition: Mapping[str, Any]
    task: Task
    items: Callable[[Mapping[str, Any]], list[Any]] = lambda reader: []
    visited: list[str] = field(default_factory=list)
    context: dict[str, Any] = field(default_factory=lambda: {"Execution": {"Id": "arn:run", "Name": "run"}})
    redriven: bool = False
    """Whether each run of a map that fails is redriven once: it begins again in the state in which it failed."""

    def run(self, given: Any) -> Any:
        """The output; raises `Fails`."""
        return self._states(self.definition, copy.deepcopy(given), self.context)

    def _states(self, definition: Mapping[str, Any], data: Any, context: Mapping[str, Any]) -> Any:
        name: str | None = definition["StartAt"]
        while name:
            state = definition["States"][name]
            self.visited.append(name)
            self._last = (name, data)
            data, name = self._state(state, data, context)
        return data

    def _state(self, state: Mapping[str, Any], data: Any, context: Mapping[str, Any]) -> tuple[Any, str | None]:
        if unknown := set(state) - set(FIELDS[state["Type"]].split()):
            raise Unsupported(f"fields {unknown} of a {state['Type']}")
        if state["Type"] == "Choice":
            return data, _choice(state, data)
        if state["Type"] == "Fail":
            raise Fails(str(value(state["ErrorPath"], data, context)), str(value(state["CausePath"], data, context)))
        try:
            result = getattr(self, f"_{state['Type'].lower()}")(state, data, context)
        except Fails as failure:
            return _caught(state, data, failure)
        if "ResultSelector" in state:
            result = filled(state["ResultSelector"], result, context)
        return placed(state.get("ResultPath", "$"), data, result), state.get("Next")

    def _pass(self, state: Mapping[str, Any], data: Any, context: Mapping[str, Any]) -> Any:
        if "Result" in state:
            return copy.deepcopy(state["Result"])
        return filled(state["Parameters"], data, context) if "Parameters" in state else data

    def _task(self, state: Mapping[str, Any], data: Any, context: Mapping[str, Any]) -> Any:
        parameters = filled(state.get("Parameters", {}), data, context)
        if "TimeoutSecondsPath" in state:
            seconds = value(state["TimeoutSecondsPath"], data, context)
            if not isinstance(seconds, int) or seconds < 1:
                raise Fails("States.Runtime", f"TimeoutSecondsPath is {seconds!r}")
        used: dict[int, int] = {}
        while True:
            try:
                return self.task(state["Resource"], parameters)
            except Fails as failure:
                if not _again(state.get("Retry", ()), failure, used):
                    raise

    def _parallel(self, state: Mapping[str, Any], data: Any, context: Mapping[str, Any]) -> Any:
        return [self._states(branch, copy.deepcopy(data), context) for branch in state["Branches"]]

    def _map(self, state: Mapping[str, Any], data: Any, context: Mapping[str, Any]) -> Any:
        reader = filled(state["ItemReader"]["Parameters"], data, context)
        most = value(state["ToleratedFailurePercentagePath"], data, context)
        value(state["MaxConcurrencyPath"], data, context)
        items, failed = self.items(reader), 0
        for number, item in enumerate(items):
            place = {**context, "Map": {"Item": {"Index": number, "Value": item}}}
            failed += not self._child(state["ItemProcessor"], filled(state["ItemSelector"], data, place), place)
        if failed * 100 > most * len(items):
            raise Fails(
                "States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded"
            )
        where = filled(state["ResultWriter"]["Parameters"], data, context)
        return {"MapRunArn": "arn:map", "ResultWriterDetails": {"Bucket": where["Bucket"], "Key": "manifest.json"}}

    def _child(self, definition: Mapping[str, Any], given: Any, place: Mapping[str, Any]) -> bool:
        """Whether a run of a map succeeds, in the end."""
        execution = {"Id": "arn:child", "Name": "child", "Input": given, "RedriveCount": 0}
        start, data = definition["StartAt"], given
        for count in range(1 + self.redriven):
            try:
                self._states({**definition, "StartAt": start}, data, {**place, "Execution": execution})
            except Fails:
                start, data = self._last
                execution = {**execution, "RedriveCount": count + 1}
            else:
                return True
        return False


def _choice(state: Mapping[str, Any], data: Any) -> str:
    for rule in state["Choices"]:
        if set(rule) != {"Variable", "BooleanEquals", "Next"}:
            raise Unsupported(f"rule {rule}")
        if value(rule["Variable"], data, {}) is rule["BooleanEquals"]:
            return str(rule["Next"])
    return str(state["Default"])


def _caught(state: Mapping[str, Any], data: Any, failure: Fails) -> tuple[Any, str]:
    for catcher in state.get("Catch", ()):
        if _fits(catcher["ErrorEquals"], failure):
            told = {"Error": failure.error, "Cause": failure.cause}
            return placed(catcher["ResultPath"], data, told), catcher["Next"]
    raise failure


def _again(retriers: Any, failure: Fails, used: dict[int, int]) -> bool:
    for number, retrier in enumerate(retriers):
        if _fits(retrier["ErrorEquals"], failure):
            used[number] = used.get(number, 0) + 1
            return used[number] <= int(retrier["MaxAttempts"])
    return False


def _fits(names: list[str], failure: Fails) -> bool:
    # States.Runtime is caught by no name, as on AWS.
    return failure.error != "States.Runtime" and any(
        name in ("States.ALL", failure.error) or fnmatchcase(failure.error, name) for name in names
    )


def value(path: str, data: Any, context: Mapping[str, Any]) -> Any:
    """What a reference path names. Raises `Fails` (States.Runtime) where there is nothing."""
    if path.startswith("States.JsonToString("):
        return json.dumps(value(path[len("States.JsonToString(") : -1], data, context))
    if path.startswith("States."):
        raise Unsupported(path)
    found: Any = context if path.startswith("$$") else data
    for part in path.lstrip("$").replace("[", ".[").split("."):
        if not part:
            continue
        try:
            found = found[int(part[1:-1])] if part.startswith("[") else found[part]
        except (KeyError, IndexError, TypeError):
            raise Fails("States.Runtime", f"the path {path} names nothing in {sorted(data)}") from None
    return copy.deepcopy(found)


def filled(template: Any, data: Any, context: Mapping[str, Any]) -> Any:
    if isinstance(template, dict):
        return {
            name.removesuffix(".$"): value(each, data, context) if name.endswith(".$") else filled(each, data, context)
            for name, each in template.items()
        }
    if isinstance(template, list):
        return [filled(each, data, context) for each in template]
    return template


def placed(path: str, data: Any, result: Any) -> Any:
    if path == "$":
        return result
    made = copy.deepcopy(data)
    place = made
    *before, last = path.removeprefix("$.").split(".")
    for part in before:
        place = place.setdefault(part, {})
    place[last] = result
    return made
