"""The official CloudFormation schemas of resource types, read from the data that cfn-lint carries.

cfn-lint itself is not imported: that would cost a second, and all that is needed is its JSON. The list
of types is that of us-east-1, the region with the most of them; it is the same wherever the cloud "is".
"""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from refarch.local.errors import LocalCloudError

HOME = "us-east-1"
Pointer = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ResourceType:
    """One resource type: its name and its schema, with the parts that decide about a change at hand."""

    name: str
    schema: dict[str, Any]

    @property
    def service(self) -> str:
        return self.name.split("::")[1]

    @property
    def kind(self) -> str:
        return self.name.split("::")[2]

    @cached_property
    def properties(self) -> dict[str, Any]:
        return dict(self.schema.get("properties", {}))

    @cached_property
    def required(self) -> frozenset[str]:
        return frozenset(self.schema.get("required", ()))

    @cached_property
    def read_only(self) -> tuple[Pointer, ...]:
        return self._pointers("readOnlyProperties")

    @cached_property
    def create_only(self) -> tuple[Pointer, ...]:
        return self._pointers("createOnlyProperties")

    @cached_property
    def conditionally_create_only(self) -> tuple[Pointer, ...]:
        return self._pointers("conditionalCreateOnlyProperties")

    @cached_property
    def write_only(self) -> tuple[Pointer, ...]:
        return self._pointers("writeOnlyProperties")

    @cached_property
    def identifier(self) -> tuple[str, ...]:
        """The names of the properties that together are the primary identifier."""
        return tuple(pointer[0] for pointer in self._pointers("primaryIdentifier"))

    @cached_property
    def identifiers(self) -> tuple[str, ...]:
        """Those of the primary identifier and of every additional one."""
        others = [pointer(text)[0] for group in self.schema.get("additionalIdentifiers", ()) for text in group]
        return tuple(dict.fromkeys([*self.identifier, *others]))

    @cached_property
    def settled(self) -> frozenset[str]:
        """The top-level properties that the service sets and a template cannot."""
        return frozenset(path[0] for path in self.read_only if len(path) == 1)

    @cached_property
    def tags(self) -> tuple[str, str] | None:
        """The name of the property with the tags and whether it is a "list" or a "map"; None without tags."""
        place = (self.schema.get("tagging") or {}).get("tagProperty", "/properties/Tags")
        name = pointer(place)[0]
        if name not in self.properties:
            return None
        return name, "list" if self.resolved(self.properties[name]).get("type") == "array" else "map"

    def resolved(self, node: Any) -> dict[str, Any]:
        """`node` with its references followed."""
        while isinstance(node, dict) and "$ref" in node:
            node = {**self.reference(node["$ref"]), **{key: value for key, value in node.items() if key != "$ref"}}
        return node if isinstance(node, dict) else {}

    def reference(self, reference: str) -> dict[str, Any]:
        found: Any = self.schema
        for step in reference.removeprefix("#/").split("/"):
            found = found[int(step)] if isinstance(found, list) else found.get(step, {})
        return found if isinstance(found, dict) else {}

    def node(self, path: Pointer) -> dict[str, Any]:
        """The schema of the property at `path`, {} when there is none."""
        found: dict[str, Any] = self.schema
        for step in path:
            inner = found.get("items") if step == "*" else found.get("properties", {}).get(step)
            found = self.resolved(inner)
        return found

    def _pointers(self, section: str) -> tuple[Pointer, ...]:
        return tuple(pointer(text) for text in self.schema.get(section, ()))


def pointer(text: str) -> Pointer:
    """`/properties/A/B` as ("A", "B"); a step into the items of a list is "*"."""
    steps = text.removeprefix("/properties/").split("/")
    return tuple("*" if step == "items" and index else step for index, step in enumerate(steps) if step != "properties")


def names() -> tuple[str, ...]:
    """All resource types there are."""
    return tuple(sorted(_index()))


@cache
def find(name: str) -> ResourceType | None:
    """The type of that name, None when there is no such type."""
    digest = _index().get(name)
    if digest is None:
        return None
    text = (_folder() / "resources" / f"{digest}.json").read_text("utf-8")
    return ResourceType(name, json.loads(text))


@cache
def _index() -> dict[str, str]:
    text = (_folder() / "providers" / f"{HOME}.json").read_text("utf-8")
    return {name: digest for name, digest in json.loads(text).items() if name.startswith("AWS::")}


@cache
def _folder() -> Path:
    package = importlib.util.find_spec("cfnlint")
    if package is None or not package.submodule_search_locations:
        raise LocalCloudError("The schemas of resource types are missing: pip install 'refarch[local]' brings cfn-lint")
    return Path(package.submodule_search_locations[0]) / "data" / "schemas"
