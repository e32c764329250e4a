"""What follows from a replacement: whoever refers to the replaced resource gets another value, and so on.

`Ref`, `Fn::GetAtt` and `Fn::Sub` all count, at any depth; a reference in a create-only property replaces in turn.
Attributes that change without a replacement (a launch template's newest version, all of a custom resource) count too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from refarch.gate.diff.compare import fixed_paths, is_custom
from refarch.gate.diff.verdicts import Action, Reason
from refarch.gate.tables import read_table


@dataclass(frozen=True)
class Reference:
    """Who refers to a resource: its logical id, the path of the property, and the attribute (empty for `Ref`)."""

    holder: str
    path: tuple[str, ...]
    attribute: str


@dataclass
class State:
    """What is known of one logical id that is in both templates, while a diff is made."""

    resource: Mapping[str, Any]
    properties: Mapping[str, Any]
    action: Action = Action.NOTHING
    paths: list[str] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    caused_by: dict[str, None] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    """Properties whose text is as before, but whose value is another one."""


def references(properties: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Target, path and attribute of every reference in evaluated properties."""
    pending: list[tuple[Any, tuple[str, ...]]] = [(properties, ())]
    while pending:
        value, path = pending.pop()
        if isinstance(value, dict):
            if len(value) == 1:
                name, argument = next(iter(value.items()))
                if name == "Ref" and isinstance(argument, str):
                    yield argument, path, ""
                    continue
                if name == "Fn::GetAtt" and isinstance(argument, list) and len(argument) >= 2:
                    yield str(argument[0]), path, ".".join(map(str, argument[1:]))
                    continue
                if name.startswith("Fn::"):
                    pending.append((argument, path))
                    continue
            pending += [(each, (*path, key)) for key, each in value.items()]
        elif isinstance(value, list):
            # Below a function a list is arguments, not items; one `*` too many does no harm to the match of a path.
            pending += [(each, (*path, "*")) for each in value]


def cascade(states: Mapping[str, State]) -> None:
    """Raise the action of every resource that a replaced one reaches, and note the way. Circles end."""
    index: dict[str, list[Reference]] = {}
    for holder, state in states.items():
        for target, path, attribute in references(state.properties):
            if target in states and target != holder:
                index.setdefault(target, []).append(Reference(holder, path, attribute))
    pending = deque(name for name, state in states.items() if state.action is not Action.NOTHING)
    while pending:
        source = pending.popleft()
        for reference in index.get(source, ()):
            if _reach(source, states[source], reference, states[reference.holder]):
                pending.append(reference.holder)


def _reach(source: str, cause: State, reference: Reference, holder: State) -> bool:
    """Apply one reference; True where the holder now does more than before."""
    limit = _limit(cause, reference.attribute)
    if limit is Action.NOTHING:
        return False
    action, text, whose = _effect(holder, reference, limit)
    if action.rank >= holder.action.rank and source in holder.caused_by:
        return False
    before = holder.action
    holder.action = before.or_worse(action)
    holder.caused_by[source] = None
    holder.moved.update(reference.path[:1])
    what = f"{source}.{reference.attribute}" if reference.attribute else source
    why = "is replaced" if cause.action is Action.REPLACE else "may change"
    holder.reasons.append(Reason(".".join(reference.path), f"{what} {why}{text}", whose))
    return holder.action is not before


def _limit(cause: State, attribute: str) -> Action:
    """How sure it is that the value of a reference changes."""
    if cause.action in (Action.REPLACE, Action.MAYBE):
        return cause.action
    if cause.action is not Action.UPDATE:
        return Action.NOTHING
    if is_custom(cause.resource["Type"]):
        return Action.MAYBE
    for row in _moving().get(cause.resource["Type"], ()):
        if attribute == row["attribute"] or (
            row["attribute"].endswith("*") and attribute.startswith(row["attribute"][:-1])
        ):
            return Action.REPLACE if row["certain"] else Action.MAYBE
    return Action.NOTHING


def _effect(holder: State, reference: Reference, limit: Action) -> tuple[Action, str, str]:
    worst, text, source = Action.UPDATE, "", "reference"
    for fixed in fixed_paths(holder.resource["Type"]):
        if _touches(reference.path, fixed.path):
            action = fixed.in_resource(holder.resource)
            if action is Action.REFUSE or (action is Action.REPLACE and limit is Action.MAYBE):
                action = Action.MAYBE
            if action.rank < worst.rank:
                worst, source = action, fixed.source
                text = f", and {'.'.join(fixed.path)} cannot change without a replacement"
    return worst, text, source


def _touches(reference: tuple[str, ...], fixed: tuple[str, ...]) -> bool:
    """True where one path leads to the other; `*` meets any name, and lists may be left out."""
    one, two = ([name for name in path if name != "*"] for path in (reference, fixed))
    return all(a == b for a, b in zip(one, two, strict=False))


@cache
def _moving() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in read_table("diff", "data", "moving_attributes.json")["attributes"]:
        found.setdefault(row["type"], []).append(row)
    return found
