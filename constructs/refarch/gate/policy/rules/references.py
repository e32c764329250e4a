"""References: what they name must exist, have the attribute, and not come round in a circle."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.values import functions, references
from refarch.gate.policy.view import Resource, Template
from refarch.gate.schemas import schema_of

_OPEN = ("AWS::CloudFormation::CustomResource", "AWS::CloudFormation::Stack", "AWS::ServiceCatalog::")
_PSEUDO = "AWS::"


def _hint(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _transformed(template: Template) -> bool:
    """A macro, SAM's for instance, may add what is not here."""
    return bool(template.content.get("Transform"))


@rule("REFERENCE", "A reference names nothing", anchor="cfn-lint E1012/E3005", remedy="name a resource or parameter")
def unknown_names(template: Template) -> Iterator[Fault]:
    known = {*template.resources, *template.section("Parameters"), *_loops(template)}
    if _transformed(template):
        return
    for resource in template.resources.values():
        for name in sorted(set(references(resource.definition))):
            if name not in known and not name.startswith(_PSEUDO):
                yield fault(resource, f"refers to {name!r}, which is not in the template{_hint(name, known)}")
        for name in _depends(resource):
            if name not in template.resources:
                yield fault(resource, f"DependsOn {name!r}, which is no resource{_hint(name, template.resources)}")


def _loops(template: Template) -> Iterator[str]:
    """Names that Fn::ForEach gives to what it repeats."""
    for key in template.section("Resources"):
        if str(key).startswith("Fn::ForEach"):
            yield from (str(each) for each in template.section("Resources").get(key, [])[:1])


def _depends(resource: Resource) -> list[str]:
    given = resource.definition.get("DependsOn")
    return [each for each in (given if isinstance(given, list) else [given]) if isinstance(each, str)]


@rule("ATTRIBUTE", "A resource has no such attribute", anchor="cfn-lint E1010", remedy="name one of its attributes")
def attributes(template: Template) -> Iterator[Fault]:
    for resource in template.resources.values():
        for target, attribute in sorted(set(_attributes(resource.properties))):
            found = template.resources.get(target)
            if found and (known := _known_attributes(found)) and attribute not in known:
                message = f"{target} ({found.type}) has no attribute {attribute!r}{_hint(attribute, known)}"
                yield fault(resource, message)


def _attributes(value: Any) -> Iterator[tuple[str, str]]:
    for name, argument in functions(value):
        match name, argument:
            case "Fn::GetAtt", [str() as target, str() as attribute]:
                yield target, attribute
            case "Fn::GetAtt", str() if "." in argument:
                target, _, attribute = argument.partition(".")
                yield target, attribute


def _known_attributes(resource: Resource) -> frozenset[str]:
    schema = schema_of(resource.type)
    if schema is None or resource.type.startswith(_OPEN) or resource.type.startswith("AWS::Serverless"):
        return frozenset()
    raw = schema.raw
    every = {".".join(path) for path in schema.read_only} | {".".join(path) for path in _nested(raw)}
    # CloudFormation also answers for what a resource was given.
    return frozenset(every | set(raw.get("properties", ())))


def _nested(raw: dict[str, Any]) -> Iterator[list[str]]:
    """Attributes that are part of an object, as Endpoint.Address."""
    for pointer in raw.get("readOnlyProperties", ()):
        head = pointer.removeprefix("/properties/").split("/")
        if len(head) == 1:
            definition = raw["properties"].get(head[0], {})
            definition = raw.get("definitions", {}).get(str(definition.get("$ref", "")).rpartition("/")[2], definition)
            yield from ([head[0], name] for name in definition.get("properties", ()))


@rule(
    "CYCLE",
    "Resources need each other, so that none can come first",
    anchor="cfn-lint E3004",
    remedy="break the circle",
)
def cycles(template: Template) -> Iterator[Fault]:
    graph = {
        each.name: (template.targets(each.definition) | set(_depends(each))) & template.resources.keys()
        for each in template.resources.values()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = [str(name) for name in error.args[1]]
        first = circle.index(min(circle))
        turned = circle[first:-1] + circle[:first] if first else circle[:-1]
        yield Fault(turned[0], " → ".join([*turned, turned[0]]))
