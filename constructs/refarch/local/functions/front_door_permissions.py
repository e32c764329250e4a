"""API Gateway and load balancers invoke only functions whose policies let them; else the caller gets a 500 or 502."""

from __future__ import annotations

import contextvars
import logging
from typing import Any

from refarch.local import adapter
from refarch.local.functions import gateway_templates, grants

logger = logging.getLogger("refarch.local")
GATEWAY, BALANCER = "apigateway.amazonaws.com", "elasticloadbalancing.amazonaws.com"
JSON = {"Content-Type": "application/json"}
BAD_GATEWAY = (502, {"Content-Type": "text/html"}, b"<html><head><title>502 Bad Gateway</title></head></html>")
REFUSED = (500, JSON, b'{"message":"Internal Server Error"}')
# The role that an integration of a REST API names instead of relying on the function's policy.
_role: contextvars.ContextVar[str | None] = contextvars.ContextVar("refarch_integration_role", default=None)


def install() -> None:
    for name in ("integration with templates", "proxy integration"):
        adapter.replace(name, with_role(adapter.read(name)))
    adapter.replace("call of a function", rest_call(adapter.read("call of a function")))
    adapter.replace("http integration", http_call(adapter.read("http integration")))
    adapter.replace("balanced function", balanced_call(adapter.read("balanced function")))


def rest_source(event: dict[str, Any], region: str, account: str) -> str | None:
    """What a REST API's call is made on behalf of (an ARN), from the event of a proxy integration."""
    context = event.get("requestContext") if isinstance(event, dict) else None
    if not context or "resourcePath" not in context:
        return None
    place = f"{context.get('apiId')}/{context.get('stage')}/{context.get('httpMethod')}{context['resourcePath']}"
    return f"arn:aws:execute-api:{region}:{account}:{place}"


def with_role(invoke: Any) -> Any:
    async def invoked(integration: dict[str, Any], *rest: Any, **options: Any) -> Any:
        _role.set(integration.get("credentials") or None)
        return await invoke(integration, *rest, **options)

    return invoked


def refused(function: str, service: str, source: str, role: str | None = None) -> bool:
    """Whether the function's policy (or the role, when there is one) does not let the service invoke it; logged."""
    if not function.startswith("arn:"):
        return False
    if role and role.startswith("arn:"):
        allowed = ":user/" in role or grants.role_allows(role, "lambda:InvokeFunction", function)
    else:
        allowed = grants.function_allows(function, service, source)
    if not allowed:
        logger.error("the policy of %s does not let %s invoke it for %s", function, service, source)
    return not allowed


def rest_call(call: Any) -> Any:
    async def called(function: str, event: Any, *, account_id: Any = None, region: Any = None) -> Any:
        account = account_id or adapter.read("account of the request")()
        where = region or adapter.read("region of the request")()
        source = rest_source(gateway_templates.behind.get() or event, where, account)
        if source and refused(function, GATEWAY, source, _role.get()):
            return None, "Invalid permissions on Lambda function"
        return await call(function, event, account_id=account_id, region=region)

    return called


def http_call(invoke: Any) -> Any:
    async def invoked(
        integration: dict[str, Any], api: str, stage: str, path: str, method: str, *rest: Any, **options: Any
    ) -> Any:
        function = adapter.read("function of an integration")(integration.get("integrationUri", ""))
        route = str(options.get("route_key") or (rest[3] if len(rest) > 3 else "$default"))
        tail = f"{method}{route.partition(' ')[2]}" if " " in route else route
        account = options.get("owner_account_id") or adapter.read("account of the request")()
        region = options.get("owner_region") or adapter.read("region of the request")()
        source = f"arn:aws:execute-api:{region}:{account}:{api}/{stage}/{tail}"
        if refused(function, GATEWAY, source, integration.get("credentialsArn")):
            return REFUSED
        return await invoke(integration, api, stage, path, method, *rest, **options)

    return invoked


def balanced_call(invoke: Any) -> Any:
    async def invoked(function: str, target_group: str, *rest: Any, **options: Any) -> Any:
        if refused(function, BALANCER, target_group):
            return BAD_GATEWAY
        return await invoke(function, target_group, *rest, **options)

    return invoked
