"""What the schemas get wrong, or leave to a condition: `overrides.json`, one reviewed row a property, with a reason.

Where the schemas and the CDK's own database disagree, a row decides. A test derives the disagreements anew from both
sources and fails when one appears or goes without a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from refarch.gate.tables import read_table


class Effect(StrEnum):
    """What the change of one property does to its resource."""

    REPLACE = "replace"
    MAYBE = "maybe"
    UPDATE = "update"
    REFUSED = "refused"


@dataclass(frozen=True)
class Override:
    """One row. `schema` and `cdk` are what the two sources said when it was reviewed; `when` narrows it.

    `when` names attributes of the resource (`UpdatePolicy.AutoScalingReplacingUpdate.WillReplace`) and the value they
    must have; where they have another, `otherwise` is the effect. `documentation` is what the current page of the
    CloudFormation Template Reference says that an update requires, where it was read for this row (2026-11-22).
    """

    resource_type: str
    path: tuple[str, ...]
    effect: Effect
    reason: str
    schema: str = ""
    cdk: str = ""
    when: tuple[tuple[str, Any], ...] = ()
    otherwise: Effect = Effect.UPDATE
    documentation: str = ""


@cache
def overrides_of(resource_type: str) -> tuple[Override, ...]:
    """The rows of one type."""
    return _by_type().get(resource_type, ())


@cache
def all_overrides() -> tuple[Override, ...]:
    """Every row, in the file's order."""
    return tuple(_row(raw) for raw in read_table("schemas", "overrides.json")["overrides"])


@cache
def _by_type() -> dict[str, tuple[Override, ...]]:
    found: dict[str, tuple[Override, ...]] = {}
    for row in all_overrides():
        found[row.resource_type] = (*found.get(row.resource_type, ()), row)
    return found


def _row(raw: dict[str, Any]) -> Override:
    return Override(
        resource_type=raw["type"],
        path=tuple(raw["property"].split("/")),
        effect=Effect(raw["effect"]),
        reason=raw["reason"],
        schema=raw.get("schema", ""),
        cdk=raw.get("cdk", ""),
        when=tuple(sorted(raw.get("when", {}).items())),
        otherwise=Effect(raw.get("otherwise", "update")),
        documentation=raw.get("documentation", ""),
    )
