"""Who may take a role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.policy.model import Fault, rule
from refarch.gate.policy.statements import Statement, trust_statements
from refarch.gate.policy.values import entries, raw_entries, text
from refarch.gate.policy.view import Template

# Services that act for whoever configures them, in any account, and say for whom (aws:SourceAccount).
_DEPUTIES = frozenset(
    f"{name}.amazonaws.com"
    for name in (
        *("scheduler", "states", "pipes", "firehose", "bedrock", "config", "backup", "cloudtrail", "apigateway"),
        *("vpc-flow-logs", "ecs-tasks", "glue", "sagemaker", "dms", "datasync", "transfer", "iot", "appsync"),
    )
)


def principals(statement: Statement, kind: str) -> Iterator[Any]:
    principal = statement.raw.get("Principal")
    return raw_entries(principal.get(kind)) if isinstance(principal, Mapping) else iter(())


@rule(
    "IAM-TRUST-ANY",
    "Anyone may take the role",
    control=25,
    anchor="checkov 60, own",
    remedy="name the principals, or limit them with aws:PrincipalOrgID, aws:PrincipalArn or aws:SourceAccount",
)
def trust_any(template: Template) -> Iterator[Fault]:
    for statement in trust_statements(template):
        if statement.open_principal and not statement.narrowed:
            yield Fault(statement.holder.name, "the role can be taken from every AWS account", statement.path)


@rule(
    "IAM-TRUST-FEDERATED",
    "Everyone at an identity provider may take the role",
    control=25,
    remedy="compare the token's subject (…:sub) or audience (…:aud) with yours",
)
def trust_federated(template: Template) -> Iterator[Fault]:
    for statement in trust_statements(template):
        checked = any(key.endswith((":sub", ":aud", "saml:aud")) for _, key, _ in statement.conditions)
        for provider in principals(statement, "Federated"):
            if not checked:
                yield Fault(
                    statement.holder.name,
                    f"the role can be taken with any token of {text(provider)!r}: no condition on its subject",
                    statement.path,
                )


@rule(
    "IAM-TRUST-CONFUSED-DEPUTY",
    "A service may take the role for another account",
    control=25,
    profile="regulated",
    severity="warning",
    anchor="own",
    remedy="add the condition aws:SourceAccount (or aws:SourceArn)",
)
def confused_deputy(template: Template) -> Iterator[Fault]:
    for statement in trust_statements(template):
        named = [each for each in principals(statement, "Service") if isinstance(each, str) and each in _DEPUTIES]
        if named and not statement.narrowed:
            yield Fault(statement.holder.name, f"{named[0]} is trusted for whoever configures it", statement.path)


def trusted_services(assume_role_policy: Any) -> set[str]:
    """Service principals that a trust policy names, whatever the effect."""
    found = set()
    for statement in entries(assume_role_policy):
        if isinstance(statement, Mapping):
            for each in entries(statement.get("Statement")):
                principal = each.get("Principal") if isinstance(each, Mapping) else None
                services = principal.get("Service") if isinstance(principal, Mapping) else None
                found |= {text(name) for name in raw_entries(services)}
    return found
