"""Least privilege on resources: `*` is right only where no action of the statement can be limited to a resource."""

from __future__ import annotations

import re
from collections.abc import Iterator

from refarch.gate.policy.actions import expand, resource_types
from refarch.gate.policy.model import Fault, rule
from refarch.gate.policy.statements import Statement, identity_statements
from refarch.gate.policy.view import Template

_SHOWN = 6
_PLACEHOLDER = re.compile(r"<[^<>]*>")
_NARROWING_PARTS = ("resourcetag/", "resourceaccount", "resourceorg", "namespace", "vpc", "cluster", "viaservice")


def is_everything(resource: str) -> bool:
    """Whether an ARN is `*`, or all that a service has (`arn:aws:s3:::*`)."""
    if resource == "*":
        return True
    parts = _PLACEHOLDER.sub("x", resource).split(":", 5)
    return len(parts) == 6 and parts[0] == "arn" and parts[5] == "*"


def scopable(statement: Statement) -> dict[str, tuple[str, ...]]:
    """Actions of a statement that can be limited, with the kinds of resources they can be limited to."""
    expanded = sorted({action for pattern in statement.actions for action in expand(pattern)} - {"*"})
    return {action: kinds for action in expanded if (kinds := resource_types(action))}


def narrowed(statement: Statement) -> bool:
    """Whether a condition limits the resources: by tag, account, namespace, network or the like."""
    return any(part in key for _, key, _ in statement.conditions for part in _NARROWING_PARTS)


def _faults(template: Template, *, conditioned: bool) -> Iterator[Fault]:
    for statement in identity_statements(template):
        wild = [each for each in statement.resources if is_everything(each)]
        if not wild or narrowed(statement) is not conditioned or not (found := scopable(statement)):
            continue
        listed = [f"{action} → {', '.join(kinds)}" for action, kinds in found.items()]
        more = f"; and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
        some = "; ".join(listed[:_SHOWN]) + more
        message = f"Resource {wild[0]!r}, but {len(listed)} of the actions can be limited: {some}"
        yield Fault(statement.holder.name, message, statement.path)


@rule(
    "IAM-RESOURCE-WILDCARD",
    "A policy is for every resource although its actions can be limited",
    control=23,
    anchor="N IAM5, own",
    remedy="name the resources; put actions that cannot be limited into a statement of their own",
)
def resource_wildcard(template: Template) -> Iterator[Fault]:
    yield from _faults(template, conditioned=False)


@rule(
    "IAM-RESOURCE-WILDCARD-CONDITIONED",
    "A policy for every resource is limited by a condition only",
    control=23,
    severity="warning",
    profile="regulated",
    remedy="name the resources where their names are known",
)
def resource_wildcard_conditioned(template: Template) -> Iterator[Fault]:
    yield from _faults(template, conditioned=True)
