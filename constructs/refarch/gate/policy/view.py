"""A template as the rules see it: resources with their properties, by type and by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from refarch.gate.policy.values import at, entries, intrinsic, references

DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class Settings:
    """What a run of the rules may be told."""

    region: str = DEFAULT_REGION
    """Decides which instance types exist."""

    today: date = field(default_factory=date.today)
    """Days to the end of a runtime are counted from here."""

    runtime_days: int = 180
    """A runtime that ends sooner than that is a finding."""

    mandatory_tags: tuple[str, ...] = ()
    """Keys that every resource which takes tags must carry; none: the rule is silent."""

    allowed_managed_policies: tuple[str, ...] = ()
    """Names of policies that AWS manages which are fine besides the service roles' own."""


@dataclass(frozen=True)
class Resource:
    """One resource. `properties` and `definition` are mappings, whatever the template holds."""

    name: str
    type: str
    properties: Mapping[str, Any]
    definition: Mapping[str, Any]

    def get(self, path: str) -> Any:
        """The value at a dotted path of the properties; `None` if left out, `UNKNOWN` if decided at deployment."""
        return at(self.properties, path)

    def raw(self, path: str) -> Any:
        """Like `get`, with an intrinsic function as it is written at the last step."""
        head, _, last = path.rpartition(".")
        holder = at(self.properties, head)
        return holder.get(last) if isinstance(holder, Mapping) else None

    def entries(self, path: str) -> Iterator[Any]:
        """The elements at a path, those of both sides of an Fn::If; nothing for what is unknown."""
        return entries(self.raw(path))


class Template:
    """The whole template. Broken parts (a resource that is no mapping) are left out here; cfn-lint names them."""

    def __init__(self, content: Mapping[str, Any], settings: Settings | None = None) -> None:
        self.content = content
        self.settings = settings or Settings()
        self.resources = {each.name: each for each in _resources(content)}

    def of_type(self, *types: str) -> Iterator[Resource]:
        """The resources of these types, by name."""
        return (each for each in self.resources.values() if each.type in types)

    def section(self, name: str) -> Mapping[str, Any]:
        """A section of the template, empty where it is left out or no mapping."""
        found = self.content.get(name)
        return found if isinstance(found, Mapping) else {}

    def target(self, value: Any) -> Resource | None:
        """The resource of this template that a value refers to (by Ref, Fn::GetAtt or Fn::Sub), if it is one."""
        if intrinsic(value) is None:
            return None
        return next((self.resources[name] for name in references(value) if name in self.resources), None)

    def targets(self, value: Any) -> set[str]:
        """Names of the resources that anything inside a value refers to."""
        return {name for name in references(value) if name in self.resources}

    @cached_property
    def users(self) -> Mapping[str, frozenset[str]]:
        """Name of a resource to the names of those that refer to it in their properties."""
        found: dict[str, set[str]] = {}
        for resource in self.resources.values():
            for name in self.targets(resource.properties):
                found.setdefault(name, set()).add(resource.name)
        return {name: frozenset(names) for name, names in found.items()}

    def users_of(self, resource: Resource, *types: str) -> Iterator[Resource]:
        """Resources of these types that refer to `resource`."""
        for name in sorted(self.users.get(resource.name, ())):
            if self.resources[name].type in types:
                yield self.resources[name]


def _resources(content: Mapping[str, Any]) -> Iterator[Resource]:
    section = content.get("Resources")
    for name, definition in (
        sorted(section.items(), key=lambda item: str(item[0])) if isinstance(section, Mapping) else ()
    ):
        if isinstance(definition, Mapping) and isinstance(kind := definition.get("Type"), str):
            properties = definition.get("Properties")
            yield Resource(str(name), kind, properties if isinstance(properties, Mapping) else {}, definition)
