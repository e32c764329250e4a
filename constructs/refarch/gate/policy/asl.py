"""The graph of a Step Functions workflow: which states a state goes to, and what is wrong with that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.policy.values import intrinsic
from refarch.gate.policy.view import Resource

_ENDS = ("Succeed", "Fail")
_DEEPEST = 20
Machine = Mapping[str, Any]


def definition(machine: Resource) -> Machine | None:
    """The workflow of a state machine; `None` where it is elsewhere (in S3) or cannot be read here."""
    given = machine.raw("Definition")
    if isinstance(given, Mapping) and intrinsic(given) is None:
        return given
    text = _joined(machine.raw("DefinitionString"))
    try:
        read = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, Mapping) else None


def _joined(value: Any) -> str:
    """The text, with `x` where a function decides: ARNs are not looked at."""
    match value:
        case str():
            return value
        case {"Fn::Join": [str() as delimiter, [*parts]]}:
            return delimiter.join(part if isinstance(part, str) else "x" for part in parts)
        case {"Fn::Sub": str() as text} | {"Fn::Sub": [str() as text, *_]}:
            return text
    return ""


def machines(machine: Machine, depth: int = 0) -> Iterator[Machine]:
    """A workflow and those inside it: branches of Parallel, iterators of Map."""
    yield machine
    for state in states(machine).values() if depth < _DEEPEST else ():
        inner = [state.get("Iterator"), state.get("ItemProcessor")]
        branches = state.get("Branches")
        for each in [*inner, *(branches if isinstance(branches, list) else [])]:
            if isinstance(each, Mapping):
                yield from machines(each, depth + 1)


def states(machine: Machine) -> dict[str, Mapping[str, Any]]:
    found = machine.get("States")
    return (
        {str(name): each for name, each in found.items() if isinstance(each, Mapping)}
        if isinstance(found, Mapping)
        else {}
    )


def targets(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where a state goes to, and by what: Next, Default, the rules of a Choice, the catchers."""
    for key in ("Next", "Default"):
        if isinstance(target := state.get(key), str):
            yield key, target
    for key in ("Choices", "Catch"):
        listed = state.get(key)
        for each in listed if isinstance(listed, list) else ():
            if isinstance(each, Mapping) and isinstance(target := each.get("Next"), str):
                yield key, target


def problems(machine: Machine) -> Iterator[str]:
    """What is wrong with the graph of one workflow (not of those inside it)."""
    found = states(machine)
    start = machine.get("StartAt")
    if not found:
        yield "it has no states"
        return
    if start not in found:
        yield f"StartAt is {start!r}, which is no state" if start else "StartAt is missing"
    for name, state in found.items():
        for key, target in targets(state):
            if target not in found:
                yield f"{name}: {key} goes to {target!r}, which is no state here"
        if not ends(state) and not any(True for _ in targets(state)):
            yield f"{name}: neither Next nor End"
    if start in found:
        yield from _reach(found, str(start))


def ends(state: Mapping[str, Any]) -> bool:
    return state.get("End") is True or state.get("Type") in _ENDS


def _reach(found: dict[str, Mapping[str, Any]], start: str) -> Iterator[str]:
    forward = {name: {target for _, target in targets(state)} for name, state in found.items()}
    reached = _closure({start}, forward)
    for name in found:
        if name not in reached:
            yield f"{name}: no state leads here"
    back: dict[str, set[str]] = {}
    for name, successors in forward.items():
        for target in successors:
            back.setdefault(target, set()).add(name)
    finishing = _closure({name for name, state in found.items() if ends(state)}, back)
    for name in found:
        if name in reached and name not in finishing:
            yield f"{name}: no way from here to an end"


def _closure(start: set[str], edges: Mapping[str, set[str]]) -> set[str]:
    seen, pending = set(start), list(start)
    while pending:
        for target in edges.get(pending.pop(), ()):
            if target not in seen:
                seen.add(target)
                pending.append(target)
    return seen
