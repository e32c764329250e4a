"""API Gateway and AppSync."""

from __future__ import annotations

from collections.abc import Iterator

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.values import UNKNOWN, entries, is_off
from refarch.gate.policy.view import Template

STAGES = ("AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage")


@rule(
    "API-AUTHORIZATION",
    "Anyone may call a route",
    control=50,
    anchor="N APIG4, F APIGateway.8",
    remedy="set an authorizer, AWS_IAM or an API key; acknowledge what is public",
)
def authorization(template: Template) -> Iterator[Fault]:
    for method in template.of_type("AWS::ApiGateway::Method"):
        open_ = method.get("AuthorizationType") in (None, "NONE")
        if open_ and method.get("HttpMethod") != "OPTIONS" and is_off(method.get("ApiKeyRequired")):
            yield fault(method, f"{method.get('HttpMethod')}: AuthorizationType is NONE", "AuthorizationType")
    for route in template.of_type("AWS::ApiGatewayV2::Route"):
        key = str(route.get("RouteKey"))
        if route.get("AuthorizationType") in (None, "NONE") and not _socket_message(key):
            yield fault(route, f"{key}: AuthorizationType is NONE", "AuthorizationType")


def _socket_message(key: str) -> bool:
    """Of a WebSocket API only $connect is authorized; HTTP routes are `METHOD /path`, or $default."""
    return key != "$connect" and " " not in key and key != "$default"


@rule(
    "API-ACCESS-LOG",
    "Requests to an API are not logged",
    control=50,
    profile="regulated",
    severity="warning",
    anchor="CT.APIGATEWAY.PR.1, N APIG1, F APIGateway.9",
    remedy="set AccessLogSetting(s)",
)
def access_log(template: Template) -> Iterator[Fault]:
    for stage in template.of_type(*STAGES):
        if stage.get("AccessLogSetting") is None and stage.get("AccessLogSettings") is None:
            yield fault(stage, "no access log")


@rule(
    "API-TRACING",
    "An API is not traced",
    control=50,
    profile="regulated",
    severity="warning",
    anchor="CT.APIGATEWAY.PR.4, F APIGateway.3",
    remedy="set TracingEnabled to true",
)
def tracing(template: Template) -> Iterator[Fault]:
    for stage in template.of_type("AWS::ApiGateway::Stage"):
        if is_off(stage.get("TracingEnabled")):
            yield fault(stage, "TracingEnabled is not true", "TracingEnabled")


@rule(
    "API-THROTTLING",
    "One caller may use up what all callers share",
    control=50,
    profile="regulated",
    severity="warning",
    anchor="own",
    remedy="set ThrottlingRateLimit and ThrottlingBurstLimit",
)
def throttling(template: Template) -> Iterator[Fault]:
    for stage in template.of_type(*STAGES):
        settings = [stage.get("DefaultRouteSettings"), *entries(stage.get("MethodSettings"))]
        if UNKNOWN not in settings and not any("Throttling" in str(each) for each in settings):
            yield fault(stage, "no limits for its callers")


@rule(
    "API-CACHE-ENCRYPTION",
    "Answers are cached unencrypted",
    control=50,
    anchor="CT.APIGATEWAY.PR.5, F APIGateway.5",
    remedy="set CacheDataEncrypted to true",
)
def cache(template: Template) -> Iterator[Fault]:
    for stage in template.of_type("AWS::ApiGateway::Stage"):
        for each in stage.entries("MethodSettings"):
            if isinstance(each, dict) and each.get("CachingEnabled") is True and is_off(each.get("CacheDataEncrypted")):
                yield fault(stage, "CachingEnabled without CacheDataEncrypted", "MethodSettings")
