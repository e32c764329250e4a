"""Whose statements they are: every policy of a template, by the principal that it is attached to or the resource it
guards, so that moving a statement from one policy of a role to another changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from refarch.gate.diff.permissions.statements import Condition, Part, Statement, statements
from refarch.gate.tables import read_table
from refarch.gate.values import show

_IDENTITIES = ("Roles", "Users", "Groups")
_SINGLE = {"AWS::IAM::RolePolicy": "RoleName", "AWS::IAM::UserPolicy": "UserName", "AWS::IAM::GroupPolicy": "GroupName"}
_HOLDERS = ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group")
_SHARED = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
_GUARDED = (
    "Bucket",
    "Queues",
    "Topics",
    "TopicArn",
    "Queue",
    "SecretId",
    "EventBusName",
    "ResourceArn",
    "FunctionName",
)
_LAMBDA_LIMITS = ("SourceArn", "SourceAccount", "PrincipalOrgID", "EventSourceToken", "FunctionUrlAuthType")


@dataclass
class Subject:
    """What one principal may do, or what may be done to one resource."""

    statements: list[Statement] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    grants: dict[str, str] = field(default_factory=dict)
    """Things that allow by being there: managed policies, memberships, shares. Key to text."""
    boundary: str = ""
    holders: dict[str, None] = field(default_factory=dict)


Subjects = dict[str, Subject]


def subjects(resources: Mapping[str, Mapping[str, Any]]) -> Subjects:
    """Everything that allows something, by whom it allows it or what it opens."""
    found: Subjects = {}
    for name, resource in sorted(resources.items()):
        kind, properties = resource["Type"], resource["Properties"]
        if kind in _HOLDERS:
            _holder(found, name, properties)
        elif kind in _SHARED or kind in _SINGLE:
            _shared(found, name, kind, properties)
        elif kind == "AWS::Lambda::Permission":
            _permission(found, name, properties)
        elif row := _granting().get(kind):
            _at(found, f"{kind.rpartition('::')[2]} {name}", name).grants[show(properties)] = row
        else:
            _guarding(found, name, properties)
    return found


def _holder(found: Subjects, name: str, properties: Mapping[str, Any]) -> None:
    subject = _at(found, f"permissions of {name}", name)
    for policy in _listed(properties.get("Policies")):
        if isinstance(policy, Mapping):
            _add(subject, f"Policies.{show(policy.get('PolicyName', ''))}", policy.get("PolicyDocument"))
    for managed in _listed(properties.get("ManagedPolicyArns")):
        subject.grants[f"managed {show(managed)}"] = f"the managed policy {show(managed)}"
    for group in _listed(properties.get("Groups")):
        subject.grants[f"group {show(group)}"] = f"the membership in {show(group)}"
    boundary = properties.get("PermissionsBoundary")
    subject.boundary = "" if boundary is None else show(boundary)
    if "AssumeRolePolicyDocument" in properties:
        _add(_at(found, f"trust of {name}", name), "AssumeRolePolicyDocument", properties["AssumeRolePolicyDocument"])


def _shared(found: Subjects, name: str, kind: str, properties: Mapping[str, Any]) -> None:
    if kind in _SINGLE:
        holders = [show(properties.get(_SINGLE[kind]))]
    else:
        holders = [show(each) for key in _IDENTITIES for each in _listed(properties.get(key))]
    # A managed policy without holders may be attached anywhere: it is a subject of its own, always.
    own = [f"policy {name}"] if kind == "AWS::IAM::ManagedPolicy" or not holders else []
    for subject in [*own, *(f"permissions of {holder}" for holder in holders)]:
        _add(_at(found, subject, name), "PolicyDocument", properties.get("PolicyDocument"))


def _permission(found: Subjects, name: str, properties: Mapping[str, Any]) -> None:
    limits: Condition = frozenset(
        ("Equals", key, frozenset({show(properties[key])})) for key in _LAMBDA_LIMITS if key in properties
    )
    who = frozenset({show(properties.get("Principal"))})
    action = frozenset({show(properties.get("Action", "")).lower()})
    subject = _at(found, f"access to {show(properties.get('FunctionName'))}", name)
    subject.statements.append(Statement(True, Part(who), Part(action), Part(frozenset({"*"})), limits))


def _guarding(found: Subjects, name: str, properties: Mapping[str, Any]) -> None:
    """Any property that is a policy document guards the resource that the same properties name, or its own."""
    guarded = next((key for key in _GUARDED if key in properties), None)
    for path, document in _documents(properties):
        of = [show(each) for each in _listed(properties[guarded])] if guarded and path == "PolicyDocument" else [name]
        for each in of:
            _add(_at(found, f"access to {each}", name), path, document)


def _documents(properties: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    pending: list[tuple[str, Any]] = list(properties.items())
    while pending:
        path, value = pending.pop()
        last = path.rpartition(".")[2]
        if isinstance(value, Mapping):
            named = last.endswith(("PolicyDocument", "PolicyText")) and len(value) == 1
            if named or ("Statement" in value and ("Version" in value or _is_statements(value["Statement"]))):
                yield path, value
            else:
                pending += [(f"{path}.{key}", each) for key, each in value.items()]
        elif isinstance(value, list):
            pending += [(f"{path}.{number}", each) for number, each in enumerate(value)]
        elif isinstance(value, str) and last.endswith(("Policy", "PolicyDocument", "PolicyText")) and "{" in value:
            yield path, value


def _is_statements(value: Any) -> bool:
    return all(isinstance(each, Mapping) and "Effect" in each for each in _listed(value))


def _add(subject: Subject, path: str, document: Any) -> None:
    read = statements(document)
    if read is None:
        subject.unreadable[path] = show(document)
    else:
        subject.statements += read


def _at(found: Subjects, subject: str, holder: str) -> Subject:
    entry = found.setdefault(subject, Subject())
    entry.holders[holder] = None
    return entry


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


@cache
def _granting() -> dict[str, str]:
    return {row["type"]: row["grants"] for row in read_table("diff", "data", "granting_types.json")["types"]}
