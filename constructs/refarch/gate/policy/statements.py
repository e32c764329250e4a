"""The policy documents of a template: those of identities (roles, users, policies) and those of resources."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from refarch.gate.policy.values import entries, intrinsic, raw_entries, text, walk
from refarch.gate.policy.view import Resource, Template

POLICIES = (
    *("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"),
    *("AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy"),
)
IDENTITIES = ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group")

# A key counts as narrowing who may use a resource that is open to everyone.
_NARROWING = frozenset(
    {
        *("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner"),
        *("aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn"),
        *("aws:sourcevpc", "aws:sourcevpce", "aws:sourceip", "aws:vpcsourceip", "aws:userid", "aws:principaltag"),
        *("kms:calleraccount", "s3:dataaccesspointaccount", "s3:dataaccesspointarn"),
        *("elasticfilesystem:accessedviamounttarget", "lambda:eventsourcetoken"),
    }
)


@dataclass(frozen=True)
class Statement:
    """One statement that allows something, and where it is."""

    holder: Resource
    path: str
    raw: Mapping[str, Any]

    @property
    def actions(self) -> tuple[str, ...]:
        """Those that are stated; one that a function builds is left out."""
        return tuple(each for each in entries(self.raw.get("Action")) if isinstance(each, str))

    @property
    def resources(self) -> tuple[str, ...]:
        """As texts; `<…>` is what is decided at deployment."""
        return tuple(text(each) for each in raw_entries(self.raw.get("Resource")))

    @property
    def conditions(self) -> Iterator[tuple[str, str, Any]]:
        """Operator, key in lower case, value."""
        for operator, keys in _mapping(self.raw.get("Condition")).items():
            for key, value in _mapping(keys).items():
                yield str(operator), str(key).lower(), value

    @property
    def open_principal(self) -> bool:
        """Whether everyone is meant: `*`, `{"AWS": "*"}`, or a NotPrincipal."""
        if "NotPrincipal" in self.raw:
            return True
        principal = self.raw.get("Principal")
        named = principal.get("AWS") if isinstance(principal, Mapping) and not intrinsic(principal) else principal
        return any(each == "*" for each in entries(named))

    @property
    def narrowed(self) -> bool:
        """Whether a condition says who may use it, or from where."""
        return any(
            _key(key) in _NARROWING and "Not" not in operator and operator != "Null" and not _anything(key, value)
            for operator, key, value in self.conditions
        )


def identity_statements(template: Template) -> Iterator[Statement]:
    """What the roles, users, groups and policies of the template are allowed."""
    for resource in template.of_type(*POLICIES):
        yield from allowing(resource, resource.raw("PolicyDocument"), "PolicyDocument")
    for resource in template.of_type(*IDENTITIES):
        for index, policy in enumerate(resource.entries("Policies")):
            path = f"Policies.{index}.PolicyDocument"
            yield from allowing(resource, _mapping(policy).get("PolicyDocument"), path)


def trust_statements(template: Template) -> Iterator[Statement]:
    """Who may take the roles of the template."""
    for role in template.of_type("AWS::IAM::Role"):
        yield from allowing(role, role.raw("AssumeRolePolicyDocument"), "AssumeRolePolicyDocument")


def resource_statements(template: Template) -> Iterator[Statement]:
    """What the policies of resources (buckets, queues, keys, secrets, …) allow, in whatever property they are."""
    for resource in template.resources.values():
        if resource.type not in (*POLICIES, *IDENTITIES):
            for key, value in resource.properties.items():
                yield from _documents(resource, key, value)


def _documents(resource: Resource, key: str, value: Any) -> Iterator[Statement]:
    for each in walk(_parsed(value)):
        if isinstance(each, Mapping) and "Statement" in each:
            yield from allowing(resource, each, key)


def _parsed(value: Any) -> Any:
    """Some types take the policy as a text."""
    if isinstance(value, str) and value.lstrip().startswith("{") and '"Statement"' in value:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value


def allowing(holder: Resource, document: Any, path: str) -> Iterator[Statement]:
    """The statements of a document whose effect is Allow."""
    for side in entries(_parsed(document)):
        for index, statement in enumerate(entries(_mapping(side).get("Statement"))):
            if isinstance(statement, Mapping) and statement.get("Effect") == "Allow":
                yield Statement(holder, f"{path}.Statement.{index}", statement)


def every_statement(document: Any) -> Iterator[Mapping[str, Any]]:
    """All statements of a document, those that deny included."""
    for side in entries(_parsed(document)):
        yield from (each for each in entries(_mapping(side).get("Statement")) if isinstance(each, Mapping))


def _key(key: str) -> str:
    return key.partition("/")[0]


def _anything(key: str, value: Any) -> bool:
    """A condition that lets everything through: `*`, or every address."""
    everything = ("0.0.0.0/0", "::/0") if key == "aws:sourceip" else ("*",)
    return any(each in everything for each in entries(value))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
