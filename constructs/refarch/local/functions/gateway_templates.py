"""REST APIs with mapping templates in front of functions (integrations of type `AWS`): request, response, patterns.

ministack hands such a function the event of a proxy integration, and its answer through unchanged.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import re
from dataclasses import dataclass
from typing import Any

from refarch.local import adapter
from refarch.local.functions.velocity import Template, TemplateError
from refarch.local.functions.velocity_methods import input_variables, json_path, util_variables

JSON = "application/json"
Response = tuple[int, dict[str, str], bytes]
FAILED: Response = (500, {"Content-Type": JSON}, b'{"message": "Internal server error"}')
TIMED_OUT: Response = (504, {"Content-Type": JSON}, b'{"message": "Endpoint request timed out"}')
# The event of the proxy integration behind a call, for those who judge it.
behind: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("refarch_behind", default=None)


def install() -> None:
    adapter.replace("integration with templates", invoke)
    adapter.replace("template of a service integration", service_template)


async def invoke(integration: Any, api: str, stage_name: str, stage: Any, *rest: Any, **options: Any) -> Response:
    """Answer a request whose integration is a function without the proxy's envelope."""
    scope = {"account_id": options.pop("owner_account_id", None), "region": options.pop("owner_region", None)}
    proxy_event = adapter.read("event of a proxy integration")(api, stage_name, stage, *rest, **options)
    call = Call(integration, proxy_event)
    behind.set(proxy_event)
    try:
        event = json.loads(call.request())
    except (TemplateError, ValueError) as error:
        message = f"Could not parse request body into json: {error}"
        return 400, {"Content-Type": JSON}, json.dumps({"message": message}).encode()
    function = adapter.read("function of an integration")(integration.get("uri", ""))
    if call.is_asynchronous():
        func, config, _ = adapter.read("function of reference in scope")(function, **scope)
        if not func:
            return FAILED
        adapter.read("invoke asynchronously")(adapter.read("execution record")(func, config), event)
        return call.response({"body": None})
    result, problem = await adapter.read("call of a function")(function, event, **scope)
    if problem:
        return FAILED
    if "timed out after" in str((result.get("body") or {}) if result.get("error") else ""):
        return TIMED_OUT if not call.patterns() else call.response(result)
    return await asyncio.to_thread(call.response, result)


def service_template(template: str, body: str, params: dict[str, str], context: Any = None) -> str:
    """The same templates in front of other services (the emulator gives all parameters in one map)."""
    variables = {"input": input_variables(body, dict(params), {}, {}), "util": util_variables()}
    return Template(template, variables | {"context": context or {}, "stageVariables": {}}).render()


@dataclass
class Call:
    """One request through an integration. `event` is what a proxy integration would send."""

    integration: dict[str, Any]
    event: dict[str, Any]

    def variables(self, body: str) -> dict[str, Any]:
        context = {**(self.event.get("requestContext") or {}), "responseOverride": {"header": {}}}
        context["requestOverride"] = {"header": {}, "path": {}, "querystring": {}}
        groups = [self.event.get(name) or {} for name in ("pathParameters", "queryStringParameters", "headers")]
        return {
            "input": input_variables(body, *(dict(group) for group in groups)),
            "util": util_variables(),
            "context": context,
            "stageVariables": self.event.get("stageVariables") or {},
        }

    def request(self) -> str:
        """The function's event: the template of the content type, else the body as it came."""
        body = self.event.get("body") or ""
        header = {name.lower(): value for name, value in (self.event.get("headers") or {}).items()}
        kind = header.get("content-type", JSON).split(";")[0].strip().lower()
        template = (self.integration.get("requestTemplates") or {}).get(kind)
        return Template(template, self.variables(body)).render() if template else body or "{}"

    def is_asynchronous(self) -> bool:
        """Whether the integration asks for an invocation whose end nobody waits for."""
        asked = self.integration.get("requestParameters") or {}
        return str(asked.get("integration.request.header.X-Amz-Invocation-Type", "")).strip("'") == "Event"

    def patterns(self) -> list[dict[str, Any]]:
        return [entry for entry in self._answers() if entry.get("selectionPattern")]

    def response(self, result: dict[str, Any]) -> Response:
        """The answer for what the function did: chosen by the error's message, shaped by its template."""
        body = result.get("body")
        message = str(body.get("errorMessage", "")) if result.get("error") and isinstance(body, dict) else None
        chosen = choose(self._answers(), message)
        if chosen is None:
            return FAILED
        payload = "" if result.get("body") is None and self.is_asynchronous() else json.dumps(body, ensure_ascii=False)
        variables = self.variables(payload)
        templates = chosen.get("responseTemplates") or {}
        kind = JSON if JSON in templates or not templates else next(iter(templates))
        text = Template(templates[kind], variables).render() if templates.get(kind) else payload
        override = variables["context"]["responseOverride"]
        status = int(override.get("status") or chosen.get("statusCode") or 200)
        headers = {"Content-Type": kind} | self._headers(chosen, payload, variables)
        return status, headers | {name: str(value) for name, value in override["header"].items()}, text.encode()

    def _answers(self) -> list[dict[str, Any]]:
        found = self.integration.get("integrationResponses") or {}
        return [{"statusCode": code, **(entry or {})} for code, entry in sorted(found.items())]

    def _headers(self, chosen: dict[str, Any], payload: str, variables: dict[str, Any]) -> dict[str, str]:
        made = {}
        for target, source in (chosen.get("responseParameters") or {}).items():
            value = mapped(str(source), payload, variables)
            if value is not None:
                made[target.removeprefix("method.response.header.")] = value
        return made


def choose(answers: list[dict[str, Any]], error: str | None) -> dict[str, Any] | None:
    """The answer whose pattern matches the whole error message, else the one without a pattern; None without both."""
    for answer in answers if error is not None else ():
        pattern = answer.get("selectionPattern")
        if pattern and re.fullmatch(pattern, error or "", re.DOTALL):
            return answer
    if not answers:
        return {"statusCode": 200}
    return next((answer for answer in answers if not answer.get("selectionPattern")), None)


def mapped(source: str, payload: str, variables: dict[str, Any]) -> str | None:
    """A response header's value: a text in quotes, a part of the function's answer, or of the context."""
    if source.startswith("'"):
        return source.strip("'")
    if source.startswith("integration.response.body"):
        found = json_path(payload, "$" + source.removeprefix("integration.response.body"))
        return found if isinstance(found, str) or found is None else json.dumps(found)
    for root in ("context.", "stageVariables."):
        if source.startswith(root):
            return Template(f"${source}", variables).render()
    return None
