"""What a role or a resource's policy grants, judged by the emulator's own policy engine. For what services do.

ministack asks it for requests that arrive by HTTP; what it does on behalf of a role inside, it does unasked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refarch.local import adapter


def role_allows(
    role: str,
    action: str,
    resource: str | None,
    tags: Mapping[str, str] | None = None,
    keys: Mapping[str, str] | None = None,
) -> bool:
    """Whether the role may do it. `None` as the resource: on any at all (what is called cannot be told here).

    `tags`: those of the resource, for conditions on them. `keys`: other condition keys, such as `iam:PassedToService`.
    """
    name, account = role.rsplit("/", 1)[-1], role.split(":")[4]
    policies = adapter.read("policies of a role")(name, account)
    limits = adapter.read("boundary of permissions")(adapter.read("roles"), name, account)
    candidates = [resource] if resource else _named_resources(policies)
    known = {name.lower(): value for name, value in (keys or {}).items()}
    known |= {f"aws:resourcetag/{key}".lower(): value for key, value in (tags or {}).items()}
    return any(_judged(role, account, action, each, policies, limits, known) for each in candidates)


def denial(role: str, action: str, resource: str | None) -> str:
    """AWS's words for it."""
    account, name = role.split(":")[4], role.rsplit("/", 1)[-1]
    user = f"arn:aws:sts::{account}:assumed-role/{name}/refarch"
    on = f" on resource: {resource}" if resource else ""
    reason = f"because no identity-based policy allows the {action} action"
    return f"User: {user} is not authorized to perform: {action}{on} {reason}"


def policy_allows(policy: Any, service: str, action: str, resource: str, source: str) -> bool:
    """Whether a resource's own policy lets an AWS service do it on behalf of `source` (an ARN)."""
    context = adapter.read("context of a judgement")(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=source.split(":")[3] if source.count(":") > 3 else "",
        service_context={"aws:sourcearn": source, "aws:sourceaccount": account_of(resource)},
    )
    judged = adapter.read("judgement of a resource policy")(policy, context, service=service)
    return bool(judged.decision == "Allow")


def function_allows(function: str, service: str, source: str) -> bool:
    """Whether a function's policy lets a service invoke it; an unknown function is not our question."""
    func, config, name = adapter.read("function of reference")(function)
    if not func or not config:
        return True
    base = adapter.read("functions").get(name) or func
    resource = f"arn:aws:lambda:{function.split(':')[3]}:{account_of(function)}:function:{name}"
    with_qualifier = function if function.count(":") > 6 else resource
    policy = base.get("policy")
    action = "lambda:InvokeFunction"
    return any(policy_allows(policy, service, action, each, source) for each in {resource, with_qualifier})


def account_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 4 else ""


def _named_resources(policies: list[Any]) -> list[str]:
    return sorted({resource for policy in policies for statement in policy for resource in statement.resources}) or [
        "*"
    ]


def _judged(
    role: str, account: str, action: str, resource: str, policies: Any, limits: Any, keys: Mapping[str, str]
) -> bool:
    name = role.rsplit("/", 1)[-1]
    context = adapter.read("context of a judgement")(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/refarch",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region="",
        service_context=dict(keys),
    )
    return bool(adapter.read("judgement of policies")(context, policies, *limits).decision == "Allow")
