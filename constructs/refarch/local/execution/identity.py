"""Whom a job or task acts as: its role's credentials in its environment, and what a role may do."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.environment import ACCOUNT, USER
from refarch.local.execution.clients import client
from refarch.local.functions import grants, passed_roles

logger = logging.getLogger("refarch.local")


def credentials(role: str | None, session: str, region: str) -> dict[str, str]:
    """Variables with the credentials of a role: of a session of that role when permissions are enforced, else of the
    account. Without a role they are of the account when nothing is enforced, and none when it is, as on AWS."""
    enforced = bool(adapter.read("permissions are enforced"))
    if not role:
        return {} if enforced else {"AWS_ACCESS_KEY_ID": USER, "AWS_SECRET_ACCESS_KEY": USER}
    # The emulator makes such sessions for Lambda functions; what the session belongs to is told by this name only.
    owner = f"arn:aws:lambda:{region}:{_account(role)}:function:{session}"
    made = adapter.read("execution credentials")({"Role": role, "FunctionArn": owner, "FunctionName": session})
    return {name: value for name, value in made.items() if value}


def role_of_profile(profile: str | None, region: str) -> str | None:
    """The role in an instance profile (name or ARN), None without one; asked only when permissions are enforced."""
    if not profile or not adapter.read("permissions are enforced"):
        return None
    iam = client("iam", region)
    try:
        found = iam.get_instance_profile(InstanceProfileName=profile.rsplit("/", 1)[-1])
    except iam.exceptions.NoSuchEntityException:
        logger.warning("the instance profile %s does not exist: its jobs have no credentials", profile)
        return None
    roles = found["InstanceProfile"]["Roles"]
    return str(roles[0]["Arn"]) if roles else None


def may(role: str, action: str, resource: str, keys: Mapping[str, str] | None = None) -> bool:
    """Whether the role may do it, when permissions are enforced; always true when they are not.

    `keys`: condition keys beside the resource.
    """
    if not adapter.read("permissions are enforced"):
        return True
    return bool(role) and grants.role_allows(role, action, resource, keys=keys)


def role_not_passed(role: str, request: Mapping[str, Any], definition: Mapping[str, Any]) -> str | None:
    """The first role of a RunTask request, or of its task definition, that `role` may not hand to ECS."""
    for passed in passed_roles.of_request("ecs:RunTask", request, lambda reference: definition):
        if not may(role, "iam:PassRole", passed.reference, {"iam:PassedToService": passed.to}):
            return passed.reference
    return None


def _account(role: str) -> str:
    parts = role.split(":")
    return parts[4] if len(parts) > 4 and parts[4] else ACCOUNT
