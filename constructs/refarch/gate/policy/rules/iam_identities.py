"""Users, and the policies that AWS manages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.statements import IDENTITIES
from refarch.gate.policy.values import raw_entries, text
from refarch.gate.policy.view import Resource, Template

_MANAGED = re.compile(r":iam::aws:policy/(?:.*/)?([^/]+)$")
_TOO_MUCH = re.compile(r"^(AdministratorAccess|PowerUserAccess|IAMFullAccess)|FullAccess(_v\d+)?$")


def _managed(resource: Resource) -> Iterator[tuple[str, str]]:
    """Name and whole ARN of the policies of AWS that an identity has."""
    for each in raw_entries(resource.raw("ManagedPolicyArns")):
        if match := _MANAGED.search(arn := text(each)):
            yield match.group(1), arn


@rule(
    "IAM-MANAGED-ADMIN",
    "A managed policy allows everything, or everything of a service",
    control=26,
    anchor="N IAM4, CT.IAM.PR.5",
    remedy="write a policy with the actions that are used",
)
def managed_admin(template: Template) -> Iterator[Fault]:
    for identity in template.of_type(*IDENTITIES):
        for name, _ in _managed(identity):
            if _TOO_MUCH.search(name):
                yield fault(identity, f"has the AWS managed policy {name}", "ManagedPolicyArns")


@rule(
    "IAM-MANAGED-POLICY",
    "A policy that AWS manages, and may widen, is attached",
    control=26,
    anchor="N IAM4",
    profile="regulated",
    severity="warning",
    remedy="write a policy with the actions that are used, or allow the name in the settings",
)
def managed_policy(template: Template) -> Iterator[Fault]:
    for identity in template.of_type(*IDENTITIES):
        for name, arn in _managed(identity):
            if name not in template.settings.allowed_managed_policies and not _TOO_MUCH.search(name):
                yield fault(
                    identity, f"has the AWS managed policy {arn.rpartition(':policy/')[2]}", "ManagedPolicyArns"
                )


@rule(
    "IAM-USER",
    "A user with lasting credentials",
    control=27,
    anchor="CT.IAM.PR.4",
    remedy="people come through IAM Identity Center, machines take a role",
)
def user(template: Template) -> Iterator[Fault]:
    for each in template.of_type("AWS::IAM::User", "AWS::IAM::AccessKey"):
        yield fault(each, f"{each.type.rpartition('::')[2]} in the template: its credentials do not expire")


@rule(
    "IAM-USER-POLICY",
    "A policy is written into a user",
    control=27,
    anchor="CT.IAM.PR.4, F IAM.2",
    remedy="attach policies to roles or groups",
)
def user_policy(template: Template) -> Iterator[Fault]:
    for each in template.of_type("AWS::IAM::User"):
        if any(True for _ in each.entries("Policies")):
            yield fault(each, "has policies of its own", "Policies")
    for each in template.of_type("AWS::IAM::UserPolicy"):
        yield fault(each, "is a policy of one user")
    for each in template.of_type("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        if any(True for _ in raw_entries(each.raw("Users"))):
            yield fault(each, "is attached to users", "Users")
