"""An API runs only an authorizer function that lets it: by its policy for this authorizer, or by the role it names.

Source: "Use API Gateway Lambda authorizers", and for WebSocket APIs the policies of the functions behind their routes.
"""

from __future__ import annotations

from typing import Any

from refarch.local import adapter
from refarch.local.functions.front_door_permissions import GATEWAY, refused


def install() -> None:
    for name in ("authorizer of a REST API", "authorizer of an HTTP API"):
        adapter.replace(name, judged(adapter.read(name)))
    adapter.replace("route of a WebSocket API", judged_route(adapter.read("route of a WebSocket API")))


def judged(invoke: Any) -> Any:
    """The emulator takes None as an authorizer that could not be run: a 500, as on AWS."""

    async def invoked(authorizer: dict[str, Any], event: dict[str, Any], account: str, region: str) -> Any:
        function = function_arn(str(authorizer.get("authorizerUri") or ""))
        role = authorizer.get("authorizerCredentials") or authorizer.get("authorizerCredentialsArn")
        if refused(function, GATEWAY, source(authorizer, event, account, region), role):
            return None
        return await invoke(authorizer, event, account, region)

    return invoked


def function_arn(uri: str) -> str:
    """The function in `arn:aws:apigateway:…:path/2015-03-31/functions/ARN/invocations`, or in its ARN alone."""
    return uri.partition("/functions/")[2].removesuffix("/invocations") or uri


def source(authorizer: dict[str, Any], event: dict[str, Any], account: str, region: str) -> str:
    """What the function's policy must name: the authorizer of the API that the request came to."""
    asked = str(event.get("methodArn") or event.get("routeArn") or "")
    api = asked.split(":")[5].split("/")[0] if asked.count(":") >= 5 else ""
    key = authorizer.get("id") or authorizer.get("authorizerId")
    return f"arn:aws:execute-api:{region}:{account}:{api}/authorizers/{key}"


def judged_route(invoke: Any) -> Any:
    async def invoked(
        api: str, account: str, region: str, route: dict[str, Any], stage: str, *rest: Any, **more: Any
    ) -> Any:
        key = str(route.get("target", "")).rsplit("/", 1)[-1]
        integration = (adapter.read("integrations").get(api) or {}).get(key) or {}
        function = function_arn(str(integration.get("integrationUri") or ""))
        on = f"arn:aws:execute-api:{region}:{account}:{api}/{stage}/{route.get('routeKey', '$default')}"
        if ":lambda:" in function and refused(function, GATEWAY, on, integration.get("credentialsArn")):
            return {"statusCode": 500, "body": ""}
        return await invoke(api, account, region, route, stage, *rest, **more)

    return invoked
