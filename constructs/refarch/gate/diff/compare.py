"""What changed in a resource's properties, and what CloudFormation does about each.

A create-only property counts where its own value changed, not where something beside it did: adding
`DnsOptions.DnsRecordIpType` leaves the create-only `DnsOptions.PrivateDnsPreference` as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from refarch.gate.diff.values import is_function, same
from refarch.gate.diff.verdicts import Action, Reason
from refarch.gate.schemas import Effect, Override, overrides_of, schema_of

MAX_PATHS = 200
_ABSENT = object()
_ACTIONS = {
    Effect.REPLACE: Action.REPLACE,
    Effect.MAYBE: Action.MAYBE,
    Effect.UPDATE: Action.UPDATE,
    Effect.REFUSED: Action.REFUSE,
}


@dataclass(frozen=True)
class FixedPath:
    """A property whose change does more than update, and who says so."""

    path: tuple[str, ...]
    action: Action
    source: str
    override: Override | None = None

    def in_resource(self, resource: Mapping[str, Any]) -> Action:
        """The action for a resource with these attributes: some rows hold only under an update policy."""
        row = self.override
        if row is None or all(_attribute(resource, name) == value for name, value in row.when):
            return self.action
        return _ACTIONS[row.otherwise]


@dataclass
class Difference:
    """All that differs between two states of one resource."""

    action: Action = Action.NOTHING
    paths: list[str] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)


@cache
def fixed_paths(resource_type: str) -> tuple[FixedPath, ...]:
    """What a change of this type would replace, may replace, or cannot do, overrides first."""
    schema = schema_of(resource_type)
    rows = overrides_of(_family(resource_type))
    found = [FixedPath(row.path, _ACTIONS[row.effect], f"reviewed: {row.reason}", row) for row in rows]
    if schema is not None:
        decided = {row.path for row in rows}
        for paths, action in ((schema.create_only, Action.REPLACE), (schema.conditional_create_only, Action.MAYBE)):
            source = f"schema: {'createOnly' if action is Action.REPLACE else 'conditionalCreateOnly'}"
            found += [FixedPath(path, action, source) for path in paths if path not in decided]
        if not schema.can_update:
            others = schema.properties - {each.path[0] for each in found} - {path[0] for path in schema.read_only}
            found += [FixedPath((name,), Action.REPLACE, "schema: no update handler") for name in sorted(others)]
    return tuple(found)


def is_custom(resource_type: str) -> bool:
    """A custom resource: a function of the team decides what an update does."""
    return resource_type.startswith("Custom::") or resource_type == "AWS::CloudFormation::CustomResource"


def difference(old: Mapping[str, Any], new: Mapping[str, Any], resource: Mapping[str, Any]) -> Difference:
    """Compare the evaluated properties of one resource; `resource` is the new one with its attributes."""
    found = Difference()
    changed = [
        name for name in sorted(old.keys() | new.keys()) if not same(old.get(name, _ABSENT), new.get(name, _ABSENT))
    ]
    if not changed:
        return found
    found.action = Action.UPDATE
    for name in changed:
        found.paths += list(_leaves(old.get(name, _ABSENT), new.get(name, _ABSENT), (name,)))[
            : MAX_PATHS - len(found.paths)
        ]
    for fixed in fixed_paths(resource["Type"]):
        if fixed.path[0] in changed and _differs(old, new, fixed.path):
            action = fixed.in_resource(resource)
            _note(found, action, ".".join(fixed.path), fixed.source)
    if schema_of(resource["Type"]) is None and not is_custom(resource["Type"]):
        found.action = found.action.or_worse(Action.MAYBE)
        found.reasons.append(Reason("", "this type has no schema: what an update does is not known", "no schema"))
    return found


def _note(found: Difference, action: Action, path: str, source: str) -> None:
    text = {
        Action.REFUSE: "CloudFormation refuses to change it",
        Action.REPLACE: "a change replaces the resource",
        Action.MAYBE: "a change replaces the resource under some conditions",
    }.get(action)
    if text:
        found.action = found.action.or_worse(action)
        found.reasons.append(Reason(path, text, source))


def _differs(old: Any, new: Any, path: tuple[str, ...]) -> bool:
    before, after = (list(projected(each, path)) for each in (old, new))
    if same(before, after):
        return False
    # A list as a set: where the order is all that changed, no property did.
    return len(before) != len(after) or not all(_reordered(one, two) for one, two in zip(before, after, strict=True))


def _reordered(one: Any, other: Any) -> bool:
    if same(one, other):
        return True
    if not (isinstance(one, list) and isinstance(other, list) and len(one) == len(other)):
        return False
    return sorted(map(repr, one)) == sorted(map(repr, other)) and not any(isinstance(each, dict) for each in one)


def projected(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """The values at a path. A function on the way stands for all that is below it."""
    if not path or is_function(value):
        yield value
    elif path[0] == "*" and isinstance(value, list):
        for each in value:
            yield from projected(each, path[1:])
    elif isinstance(value, Mapping):
        for name in sorted(value) if path[0] == "*" else [path[0]]:
            if name in value:
                yield from projected(value[name], path[1:])
    elif isinstance(value, list):
        for each in value:  # schemas leave the `*` of a list out at times
            yield from projected(each, path)


def _leaves(old: Any, new: Any, path: tuple[str, ...]) -> Iterator[str]:
    """Where two values differ, as deep as both have the same form."""
    if same(old, new):
        return
    both = (old, new)
    if all(isinstance(each, dict) and not is_function(each) for each in both):
        for name in sorted(old.keys() | new.keys()):
            yield from _leaves(old.get(name, _ABSENT), new.get(name, _ABSENT), (*path, name))
    elif all(isinstance(each, list) for each in both) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _leaves(one, other, (*path, str(number)))
    else:
        yield ".".join(path)


def _attribute(resource: Mapping[str, Any], dotted: str) -> Any:
    value: Any = resource
    for name in dotted.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _family(resource_type: str) -> str:
    return "AWS::CloudFormation::CustomResource" if is_custom(resource_type) else resource_type
