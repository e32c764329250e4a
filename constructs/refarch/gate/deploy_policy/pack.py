"""Statements into as few managed policies as hold them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

LIMIT = 6_144
"""Characters of a managed policy, white space not counted (IAM quotas)."""

_VERSION = "2012-10-17"


def size(document: dict[str, Any]) -> int:
    """Characters that IAM counts."""
    return len(json.dumps(document, separators=(",", ":")))


def pack(statements: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Documents within `LIMIT`; a statement that does not fit alone is split by its actions, then its resources."""
    current: list[dict[str, Any]] = []
    for each in (part for statement in statements for part in _fitting(statement)):
        if current and size(_document([*current, each])) > LIMIT:
            yield _document(current)
            current = []
        current.append(each)
    if current:
        yield _document(current)


def _fitting(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if size(_document([statement])) <= LIMIT:
        yield statement
        return
    key = max((name for name in ("Action", "Resource")), key=lambda name: len(json.dumps(statement[name])))
    values = statement[key]
    if not isinstance(values, list) or len(values) < 2:
        raise ValueError(f"a statement cannot be made to fit {LIMIT:,} characters: {str(values)[:80]}…")
    middle = len(values) // 2
    for half in (values[:middle], values[middle:]):
        yield from _fitting({**statement, key: half})


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": _VERSION, "Statement": statements}
