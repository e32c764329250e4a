"""The one reader of cfn-lint's bundled resource schemas. It never imports cfn-lint, which costs half a second."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from typing import Any

from refarch.gate.schemas.overrides import Effect, overrides_of

REGION = "us-east-1"
_POINTER = "/properties/"
Json = dict[str, Any]
PropertyPath = tuple[str, ...]
"""A property below a resource's `Properties`; `*` stands for each item of a list."""


@dataclass(frozen=True)
class ResourceSchema:
    """One resource type's schema. `raw` is the whole document; the rest are its parts in a form to work with."""

    type_name: str
    raw: Json

    @cached_property
    def create_only(self) -> tuple[PropertyPath, ...]:
        """Properties whose change always replaces the resource, as the schema has it."""
        return _paths(self.raw.get("createOnlyProperties", ()))

    @cached_property
    def conditional_create_only(self) -> tuple[PropertyPath, ...]:
        """Properties whose change replaces it under a condition that the schema does not name."""
        return _paths(self.raw.get("conditionalCreateOnlyProperties", ()))

    @cached_property
    def read_only(self) -> tuple[PropertyPath, ...]:
        """What only AWS sets: attributes."""
        return _paths(self.raw.get("readOnlyProperties", ()))

    @cached_property
    def write_only(self) -> tuple[PropertyPath, ...]:
        """What AWS never shows again: secrets, mostly."""
        return _paths(self.raw.get("writeOnlyProperties", ()))

    @cached_property
    def identifiers(self) -> tuple[tuple[PropertyPath, ...], ...]:
        """Sets of properties that each identify a resource in an account; the primary one first."""
        groups = [self.raw.get("primaryIdentifier", ()), *self.raw.get("additionalIdentifiers", ())]
        return tuple(_paths(group) for group in groups if group)

    @cached_property
    def properties(self) -> frozenset[str]:
        """Names of the top-level properties."""
        return frozenset(self.raw.get("properties", ()))

    @property
    def deletes_first(self) -> bool:
        """True where a replacement deletes the old resource before it creates the new one."""
        return self.raw.get("replacementStrategy") == "delete_then_create"

    @property
    def can_update(self) -> bool:
        """False where the schema has handlers but none that updates: every change is a replacement."""
        handlers = self.raw.get("handlers")
        return not handlers or "update" in handlers

    def permissions(self, handler: str) -> tuple[str, ...]:
        """IAM actions that `create`, `read`, `update`, `delete` or `list` calls; none where the schema is silent."""
        return tuple(sorted(self.raw.get("handlers", {}).get(handler, {}).get("permissions", ())))


@cache
def schema_of(resource_type: str) -> ResourceSchema | None:
    """The schema of a type, from the first region that has it; None for custom and unknown types.

    Raises `ModuleNotFoundError` where cfn-lint is missing.
    """
    if not resource_type.startswith("AWS::"):
        return None
    for region in (REGION, "sam", *regions()):
        if name := _names(region).get(resource_type):
            return ResourceSchema(resource_type, _read("schemas", "resources", f"{name}.json"))
    return None


@cache
def create_only(resource_type: str) -> tuple[PropertyPath, ...]:
    """Paths of the properties whose change replaces a resource, always or on some condition, overrides included.

    Empty for types without a schema (custom resources). Raises `ModuleNotFoundError` where cfn-lint is missing.
    """
    schema = schema_of(resource_type)
    if schema is None:
        return ()
    decided = overrides_of(resource_type)
    paths = {*schema.create_only, *schema.conditional_create_only} - {row.path for row in decided}
    return tuple(sorted(paths | {row.path for row in decided if row.effect in (Effect.REPLACE, Effect.MAYBE)}))


def known_types(region: str = REGION) -> frozenset[str]:
    """The types that a region offers. Raises `ValueError` for a region that the data does not have."""
    if region not in regions():
        raise ValueError(f"region {region!r} is not in cfn-lint's data; known: {', '.join(regions())}")
    return frozenset(_names(region))


@cache
def regions() -> tuple[str, ...]:
    """Regions whose types are known, sorted."""
    found = (path.stem for path in _data("schemas", "providers").glob("*.json"))
    return tuple(sorted(name for name in found if name != "sam"))


@cache
def data_bearing() -> frozenset[str]:
    """Types that CloudFormation's own list calls stateful (cfn-lint's StatefulResources.json)."""
    return frozenset(_read("AdditionalSpecs", "StatefulResources.json")["ResourceTypes"])


def data_version() -> str:
    """The day of the schemas, as `2026-10-20T22:11:15Z`."""
    return str(_read("schemas", "version.json")["schema_date"])


def all_types() -> dict[str, ResourceSchema]:
    """Every schema, of every region. Reads 30 MB: for tests that compare sources, not for a diff."""
    raw = (json.loads(path.read_text(encoding="utf-8")) for path in _data("schemas", "resources").glob("*.json"))
    return {schema["typeName"]: ResourceSchema(schema["typeName"], schema) for schema in raw}


@cache
def _names(region: str) -> Json:
    return _read("schemas", "providers", f"{region}.json")


def _paths(pointers: Iterable[str]) -> tuple[PropertyPath, ...]:
    return tuple(sorted({tuple(pointer.removeprefix(_POINTER).split("/")) for pointer in pointers}))


def _read(*parts: str) -> Json:
    content: Json = json.loads(_data(*parts).read_text(encoding="utf-8"))
    return content


@cache
def _data(*parts: str) -> pathlib.Path:
    spec = find_spec("cfnlint")
    if spec is None or spec.origin is None:
        hint = "refarch.gate reads the schemas of cfn-lint: pip install 'refarch[gate]'"
        raise ModuleNotFoundError(hint, name="cfnlint")
    return pathlib.Path(spec.origin).parent.joinpath("data", *parts)
