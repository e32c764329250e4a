"""Verdicts of the whole diff against the CDK command line's own database, on every property that both know.

The corpus was written by the authors of the diff; this was not. Each pair is one resource of a type with one property
changed, through the same door as a user's templates. What differs must stand in the reviewed table, with a reason, or
belong to a type without an update handler, which CloudFormation replaces (CloudFormation CLI guide, resource types).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from refarch.gate.diff import Verdict, compare
from refarch.gate.schemas import overrides_of, schema_of
from refarch.gate.schemas.witness import EFFECTS, read_database
from refarch.gate.templates import Template

DATABASE = Path(__file__).resolve().parents[3] / "node_modules" / "aws-cdk" / "db.json.gz"
REPLACED = (Verdict.REPLACE, Verdict.DATA_LOSS_REPLACE)
PERHAPS = (Verdict.MAY_REPLACE, Verdict.MAY_LOSE_DATA)


def properties(database: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Type, property and what the database says, without types that only one of the two sources has."""
    return [
        (kind, name, EFFECTS[each.get("causesReplacement", "no")])
        for kind, entity in sorted(database.items())
        if not kind.startswith("AWS::Serverless::") and schema_of(kind) is not None
        for name, each in sorted(entity["properties"].items())
    ]


def ours(kind: str, name: str) -> str:
    """What the diff makes of a change of this property from one text to another."""
    old, new = (Template("t.json", {"Resources": {"R": {"Type": kind, "Properties": {name: each}}}}) for each in "ab")
    verdict = compare(old, new)["R"].verdict
    if verdict in REPLACED:
        return "replace"
    return "maybe" if verdict in PERHAPS else "refused" if verdict is Verdict.DEPLOY_FAILS else "update"


def below(kind: str, name: str) -> bool:
    """True where the schema speaks only of parts of the property: a change of the whole touches such a part."""
    schema = schema_of(kind)
    assert schema is not None
    paths = (*schema.create_only, *schema.conditional_create_only)
    return (name,) not in paths and any(path[0] == name for path in paths)


def why(kind: str, name: str, got: str) -> str:
    """What stands behind a verdict that differs from the database's; nothing: nobody decided it."""
    schema = schema_of(kind)
    assert schema is not None
    if any(row.path[0] == name for row in overrides_of(kind)):
        return "a reviewed row"
    if below(kind, name):
        return "a part of the property"
    return "no update handler" if not schema.can_update and got == "replace" else ""


def test_the_diff_agrees_with_the_database_or_says_why_not() -> None:
    if not DATABASE.exists():
        pytest.skip("the CDK command line is not installed: python3 bootstrap.py")
    known = properties(read_database(DATABASE))
    different = [(kind, name, got, theirs) for kind, name, theirs in known if (got := ours(kind, name)) != theirs]
    reasons = Counter(why(kind, name, got) for kind, name, got, _ in different)
    print(f"{len(known):,} properties, {len(known) - len(different):,} agree; the others: {dict(reasons)}")
    assert [each for each in different if not why(*each[:3])] == []
    assert len(known) > 10_000
    assert len(different) / len(known) < 0.03
