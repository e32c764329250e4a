"""`iam:PassRole`: who hands a role to a service must be granted that, too, on the role.

Asked at the services' own door, when ministack has judged the action itself. Whoever comes without a key comes from
within: CloudFormation makes resources as the account's administrator, as it does with the CDK's bootstrap.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from refarch.local import adapter
from refarch.local.functions import passed_roles
from refarch.local.functions.passed_roles import Passed

SERVICES = sorted({action.partition(":")[0] for action in passed_roles.PLACES})
QUERY = "application/x-www-form-urlencoded"


def install() -> None:
    handlers = adapter.read("services")
    for service in SERVICES:
        handlers[service] = guarded(service, handlers[service])


def guarded(service: str, handle: Any) -> Any:
    async def handled(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        refusal = refused(service, method, path, headers, body, query)
        return refusal if refusal is not None else await handle(method, path, headers, body, query)

    return handled


def refused(service: str, method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
    """The answer to a caller who may not pass a role of the request; None when there is nothing to refuse."""
    caller = adapter.read("key of a request")(headers, query)
    action = adapter.read("action of a request")(service, method, path, headers, body, query) if caller else None
    if action is None or action not in passed_roles.PLACES:
        return None
    for one in passed_roles.of_request(action, request_of(headers, body, query), _definition, _template):
        role = role_arn(one)
        judged = role and adapter.read("judgement of a request")(
            caller,
            "iam:PassRole",
            "iam",
            adapter.read("region of the request")(),
            resource_arn=role,
            service_context={"iam:PassedToService": one.to},
        )
        if judged:
            return _answer(service, headers, str(judged.principal_arn), role, judged.decision == "Deny")
    return None


def _answer(service: str, headers: Any, principal: str, role: str, explicit: bool) -> Any:
    said = adapter.read("words of a denial")("iam:PassRole", principal, role, explicit)
    return adapter.read("answer to a denied request")(
        service, "iam:PassRole", principal, str(uuid.uuid4()), message=said, headers=headers, resource_arn=role
    )


def request_of(headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]) -> dict[str, Any]:
    """The request's parameters: JSON as it is, query parameters (`A.B=c`) as nested structures."""
    if "json" in str(headers.get("content-type")) or body.lstrip()[:1] == b"{":
        try:
            found = json.loads(body or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}
    pairs = parse_qsl(body.decode(errors="replace")) or [
        (name, value[0] if isinstance(value, list) else value) for name, value in query.items()
    ]
    tree: dict[str, Any] = {}
    for name, value in pairs:
        node = tree
        *steps, last = name.split(".")
        for step in steps:
            node = node.setdefault(step, {})
        node[last] = value
    return tree


def role_arn(passed: Passed) -> str:
    """The role's ARN, also of the name or ARN of a profile; empty for one that does not exist."""
    account, name = adapter.read("account of the request")(), passed.reference.rsplit("/", 1)[-1]
    if not passed.is_profile:
        is_arn = passed.reference.startswith("arn:")
        return passed.reference if is_arn else f"arn:aws:iam::{account}:role/{passed.reference}"
    profile = adapter.read("instance profiles").get(name) or {}
    roles = [adapter.read("roles").get(one) for one in profile.get("Roles") or ()]
    return next((str(role["Arn"]) for role in roles if role), "")


def _definition(reference: str) -> Mapping[str, Any]:
    return adapter.read("ECS task definitions").get(adapter.read("key of a task definition")(reference)) or {}


def _template(specification: Mapping[str, Any]) -> Mapping[str, Any]:
    data, _, _ = adapter.read("launch template data")(specification)
    return data or {}
