"""Logical ids that changed while the resource did not: CloudFormation deletes one and creates the other.

References are compared by the type of what they refer to, so that a bucket and the policy that names it are both
recognized when a construct was moved.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.diff.names import name_properties
from refarch.gate.diff.values import same

_ALIKE = 0.8
_MAX_COMPARED = 40
_MIN_LEAVES = 3


def renames(
    removed: Mapping[str, Mapping[str, Any]],
    added: Mapping[str, Mapping[str, Any]],
    types: tuple[Mapping[str, str], Mapping[str, str]],
) -> dict[str, str]:
    """Removed logical id to the added one that takes its place.

    The values are `{"Type": …, "Properties": evaluated}`; `types` maps every logical id of each template to its type.
    Equal explicit names decide first, then equal properties, then properties of which four fifths are equal.
    """
    found: dict[str, str] = {}
    for same_thing in (_same_name, _Alike(types).equal, _Alike(types).similar):
        for old in sorted(removed.keys() - found.keys()):
            taken = frozenset(found.values())
            for new in _candidates(removed[old]["Type"], added, taken, old):
                if same_thing(old, removed[old], new, added[new]):
                    found[old] = new
                    break
    return found


def _candidates(kind: str, added: Mapping[str, Mapping[str, Any]], taken: frozenset[str], near: str) -> list[str]:
    names = [name for name, each in added.items() if each["Type"] == kind and name not in taken]
    return sorted(names, key=lambda name: (-_common_start(name, near), name))[:_MAX_COMPARED]


def _same_name(_: str, old: Mapping[str, Any], __: str, new: Mapping[str, Any]) -> bool:
    before, after = old["Properties"], new["Properties"]
    return any(
        name in before and name in after and same(before[name], after[name]) for name in name_properties(old["Type"])
    )


class _Alike:
    """Compares resources with the targets of their references masked by type."""

    def __init__(self, types: tuple[Mapping[str, str], Mapping[str, str]]) -> None:
        self.types = types
        self.known: tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]] = ({}, {})

    def equal(self, old: str, before: Mapping[str, Any], new: str, after: Mapping[str, Any]) -> bool:
        return self._leaves(0, old, before) == self._leaves(1, new, after)

    def similar(self, old: str, before: Mapping[str, Any], new: str, after: Mapping[str, Any]) -> bool:
        one, other = self._leaves(0, old, before), self._leaves(1, new, after)
        if min(len(one), len(other)) < _MIN_LEAVES:
            return False
        return len(one & other) >= _ALIKE * len(one | other)

    def _leaves(self, side: int, name: str, resource: Mapping[str, Any]) -> frozenset[str]:
        known = self.known[side]
        if name not in known:
            known[name] = frozenset(_hashes(resource["Properties"], self.types[side]))
        return known[name]


def _hashes(value: Any, types: Mapping[str, str], path: str = "") -> Iterator[str]:
    """One short hash a leaf, of its path and its value."""
    if isinstance(value, dict) and "Ref" not in value and "Fn::GetAtt" not in value:
        for key, each in value.items():
            yield from _hashes(each, types, f"{path}/{key}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _hashes(each, types, f"{path}/{number}")
    else:
        text = json.dumps([path, _masked(value, types)], sort_keys=True, default=str)
        yield hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _masked(value: Any, types: Mapping[str, str]) -> Any:
    if not isinstance(value, dict):
        return value
    name, argument = next(iter(value.items()))
    if name == "Ref" and isinstance(argument, str):
        return {name: types.get(argument, argument)}
    if name == "Fn::GetAtt" and isinstance(argument, list) and argument and isinstance(argument[0], str):
        return {name: [types.get(argument[0], argument[0]), *argument[1:]]}
    return value


def _common_start(one: str, other: str) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
