"""Policy statements as sets that can be compared: does anything in the old ones allow what a new one allows?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from refarch.gate.diff.permissions.patterns import Matcher
from refarch.gate.values import show

MAX_PARTS = 20_000
_NEGATED = ("Not", "IfNotExists")
Condition = frozenset[tuple[str, str, frozenset[str]]]


@dataclass(frozen=True)
class Part:
    """Actions, resources or principals of a statement; `negated` for NotAction and its like."""

    values: frozenset[str]
    negated: bool = False

    def within(self, wide: Part, matcher: Matcher) -> bool:
        """True where all that this part names is named by `wide`."""
        if wide.values == {"*"} and not wide.negated:
            return True
        if self.negated:
            # All but A lies within all but B where B lies within A.
            return wide.negated and all(matcher.covered(self.values, each) for each in wide.values)
        if wide.negated:
            return False
        return all(matcher.covered(wide.values, each) for each in self.values)

    def text(self) -> str:
        """For people."""
        listed = ", ".join(sorted(self.values)[:4]) + (
            f" and {len(self.values) - 4} more" if len(self.values) > 4 else ""
        )
        return f"all but {listed}" if self.negated else listed


@dataclass(frozen=True)
class Statement:
    """One statement, its texts normalized."""

    allows: bool
    principals: Part
    actions: Part
    resources: Part
    conditions: Condition = frozenset()

    def text(self) -> str:
        """`allow s3:GetObject on Bucket.Arn to …`."""
        words = ["allow" if self.allows else "deny", self.actions.text()]
        if self.resources.values != {"*"} or self.resources.negated:
            words += ["on", self.resources.text()]
        else:
            words += ["on", "*"]
        if self.principals.values:
            words += ["to" if self.allows else "for", self.principals.text()]
        if self.conditions:
            words += ["if", ", ".join(sorted(key for _, key, _ in self.conditions))]
        return " ".join(words)

    def limits(self) -> Iterator[Statement]:
        """One statement for each action, resource and principal, where none is negated."""
        for action in sorted(self.actions.values):
            for resource in sorted(self.resources.values):
                for principal in sorted(self.principals.values) or [""]:
                    who = Part(frozenset({principal} if principal else ()))
                    yield Statement(
                        self.allows, who, Part(frozenset({action})), Part(frozenset({resource})), self.conditions
                    )

    def within(self, wide: Statement, matcher: Matcher) -> bool:
        """True where `wide` meets every request that this one meets."""
        return (
            self.actions.within(wide.actions, matcher)
            and self.resources.within(wide.resources, matcher)
            and (self.principals.within(wide.principals, matcher) or self.principals == wide.principals)
            and _narrower(self.conditions, wide.conditions, matcher)
        )


def statements(document: Any) -> list[Statement] | None:
    """The statements of an evaluated policy document; None where it cannot be read (a function, a broken text)."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError):
            return None
    if not isinstance(document, Mapping) or "Statement" not in document:
        return [] if document in ({}, None) else None
    listed = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    if not all(isinstance(each, Mapping) and each.get("Effect") in ("Allow", "Deny") for each in listed):
        return None
    return [_statement(each) for each in listed]


def not_within(some: Iterable[Statement], wide: Iterable[Statement]) -> list[Statement]:
    """Those that no single one of `wide` contains, taken apart by action, resource and principal."""
    every = tuple(dict.fromkeys(wide))
    known = frozenset(every)
    matcher = Matcher()
    found = []
    for each in dict.fromkeys(some):
        if each in known or _inside(each, every, matcher):
            continue
        parts = len(each.actions.values) * len(each.resources.values) * max(1, len(each.principals.values))
        plain = not (each.actions.negated or each.resources.negated or each.principals.negated)
        if plain and 1 < parts <= MAX_PARTS:
            found += _together(part for part in each.limits() if not _inside(part, every, matcher))
        else:
            found.append(each)
    return found


def _inside(each: Statement, every: tuple[Statement, ...], matcher: Matcher) -> bool:
    return not matcher.exhausted and any(each.within(other, matcher) for other in every)


def _together(parts: Iterable[Statement]) -> list[Statement]:
    """Parts of one statement that have resource and principal in common, as one again."""
    groups: dict[tuple[Part, Part], set[str]] = {}
    first: Statement | None = None
    for part in parts:
        first = part
        groups.setdefault((part.resources, part.principals), set()).update(part.actions.values)
    if first is None:
        return []
    return [
        Statement(first.allows, principals, Part(frozenset(actions)), resources, first.conditions)
        for (resources, principals), actions in groups.items()
    ]


def _statement(raw: Mapping[str, Any]) -> Statement:
    return Statement(
        raw["Effect"] == "Allow",
        _part(raw, "Principal", _principals),
        _part(raw, "Action", lambda value: {show(each).lower() for each in _listed(value)}),
        _part(raw, "Resource", lambda value: {show(each) for each in _listed(value)}, "*"),
        frozenset(_conditions(raw.get("Condition"))),
    )


def _part(raw: Mapping[str, Any], name: str, read: Any, absent: str = "") -> Part:
    if f"Not{name}" in raw:
        return Part(frozenset(read(raw[f"Not{name}"])), negated=True)
    if name in raw:
        return Part(frozenset(read(raw[name])))
    return Part(frozenset({absent} if absent else ()))


def _principals(value: Any) -> set[str]:
    """`Kind:who` each; every account is `*`."""
    if not isinstance(value, Mapping) or "Ref" in value or any(name.startswith("Fn::") for name in value):
        return {show(value)}
    found = {f"{kind}:{_account(show(each))}" for kind, listed in value.items() for each in _listed(listed)}
    return {"*"} if "AWS:*" in found else found


def _account(who: str) -> str:
    """An account by its number is its root."""
    return f"arn:<AWS::Partition>:iam::{who}:root" if who.isdecimal() and len(who) == 12 else who


def _conditions(value: Any) -> Iterator[tuple[str, str, frozenset[str]]]:
    if not isinstance(value, Mapping):
        if value is not None:
            yield ("?", "?", frozenset({show(value)}))
        return
    for operator, keys in value.items():
        if not isinstance(keys, Mapping):
            yield (operator, "?", frozenset({show(keys)}))
            continue
        for key, values in keys.items():
            yield (operator, key.lower(), frozenset(show(each) for each in _listed(values)))


def _narrower(some: Condition, wide: Condition, matcher: Matcher) -> bool:
    """True where every condition of `wide` is held by `some`, with the same values or fewer."""
    return all(any(_implies(one, other, matcher) for one in some) for other in wide)


def _implies(one: tuple[str, str, frozenset[str]], other: tuple[str, str, frozenset[str]], matcher: Matcher) -> bool:
    if one[:2] != other[:2]:
        return False
    if any(word in one[0] for word in _NEGATED):
        return one[2] >= other[2]
    if "Like" in one[0]:
        return all(matcher.covered(other[2], each) for each in one[2])
    equal = one[0].rpartition(":")[2].startswith(("StringEquals", "ArnEquals", "NumericEquals", "DateEquals"))
    return one[2] <= other[2] if equal and "ForAllValues" not in one[0] else one[2] == other[2]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
