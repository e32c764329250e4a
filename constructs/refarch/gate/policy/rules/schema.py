"""Resources against the official schemas."""

from __future__ import annotations

from collections.abc import Iterator

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.schema_check import problems
from refarch.gate.policy.view import Template
from refarch.gate.schemas import schema_of

_PACKAGED = ("Code", "BodyS3Location", "Content", "DefinitionS3Location")
_MOST = 20
"""Findings a resource: more say no more."""


@rule(
    "SCHEMA",
    "A property is not what the official schema says",
    anchor="cfn-lint E3002/E3003/E3012/E3030",
    remedy="follow the schema: the message names what is allowed",
)
def schema(template: Template) -> Iterator[Fault]:
    for resource in template.resources.values():
        found = schema_of(resource.type)
        if found is None or resource.type.startswith("AWS::Serverless::"):
            continue
        for number, (path, message) in enumerate(problems(found.raw, resource.properties)):
            # A text for an object is a local path that `aws cloudformation package` replaces.
            if number < _MOST and not (path in _PACKAGED and isinstance(resource.get(path), str)):
                yield fault(resource, f"{path}: {message}" if path else message, path)


@rule(
    "UNKNOWN-TYPE",
    "There is no such resource type",
    anchor="cfn-lint E3006",
    remedy="write the type as the resource reference does",
)
def types(template: Template) -> Iterator[Fault]:
    for resource in template.resources.values():
        ours = resource.type.startswith("AWS::") and not resource.type.endswith("::MODULE")
        if ours and schema_of(resource.type) is None and resource.type not in ("AWS::CDK::Metadata",):
            yield fault(resource, f"no region has a type {resource.type!r}")
