"""The second witness: the database inside the CDK command line, read beside the schemas.

An implementation detail of the npm package `aws-cdk`, so only tests lean on it: they derive where the two disagree.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from refarch.gate.schemas.reader import ResourceSchema

EFFECTS = {"yes": "replace", "maybe": "maybe", "no": "update"}
# Not expanded by the diff, and the database only says "yes" to all of them.
_LEFT_OUT = ("AWS::Serverless::",)


@dataclass(frozen=True, order=True)
class Disagreement:
    """One top-level property on which the two differ, each in the words of `Effect`."""

    resource_type: str
    property: str
    schema: str
    cdk: str


def read_database(path: Path) -> dict[str, Any]:
    """`node_modules/aws-cdk/db.json.gz`, by resource type. Raises `KeyError` when its form has changed."""
    with gzip.open(path) as file:
        content = json.load(file)
    return {entity["cloudFormationType"]: entity for entity in content["schema"]["resource"]["entities"]}


def stateful(database: Mapping[str, Any]) -> frozenset[str]:
    """Types that the database calls stateful."""
    return frozenset(name for name, entity in database.items() if entity.get("isStateful"))


def disagreements(schemas: Mapping[str, ResourceSchema], database: Mapping[str, Any]) -> Iterator[Disagreement]:
    """Every property that one of them replaces and the other does not; types that only one knows are left out."""
    for name in sorted(schemas.keys() & database.keys()):
        if name.startswith(_LEFT_OUT):
            continue
        for key, value in sorted(database[name]["properties"].items()):
            theirs = EFFECTS[value.get("causesReplacement", "no")]
            ours = schema_effect(schemas[name], key)
            if ours not in (theirs, "below"):
                yield Disagreement(name, key, ours, theirs)


def schema_effect(schema: ResourceSchema, name: str) -> str:
    """What the schema says of a top-level property; `below` where it only speaks of parts of it."""
    if (name,) in schema.create_only:
        return "replace"
    if (name,) in schema.conditional_create_only:
        return "maybe"
    paths = (*schema.create_only, *schema.conditional_create_only)
    return "below" if any(path[0] == name for path in paths) else "update"
