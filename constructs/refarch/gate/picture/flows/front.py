"""Requests from outside: CloudFront, load balancers, APIs, function URLs, and who stands behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.picture.flows import access
from refarch.gate.picture.kinds import CLIENTS
from refarch.gate.picture.model import Flow, Strength
from refarch.gate.picture.scene import Scene
from refarch.gate.policy.values import entries, plain, text
from refarch.gate.policy.view import Resource

_PUBLIC = (
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::Api",
    "AWS::AppSync::GraphQLApi",
    "AWS::CloudFront::Distribution",
    "AWS::ElasticLoadBalancing::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::Serverless::Api",
    "AWS::Serverless::HttpApi",
)


def flows(scene: Scene) -> Iterator[Flow]:
    """All of them; clients come to what nothing else stands in front of."""
    found = [*_balancers(scene), *_rest(scene), *_http(scene), *_distributions(scene)]
    yield from found
    behind = {each.target for each in found if each.strength is Strength.FLOW}
    for each in scene.view.of_type(*_PUBLIC):
        if each.name not in behind and _is_public(each):
            yield Flow(CLIENTS, each.name, "HTTPS" if "LoadBalancer" not in each.type else _ports(scene, each))
    for each in scene.view.of_type("AWS::Lambda::Url"):
        yield from (Flow(CLIENTS, end, "HTTPS") for end in scene.boxes(each.name) if end not in behind)


def _is_public(resource: Resource) -> bool:
    if "LoadBalancer" in resource.type:
        return resource.get("Scheme") == "internet-facing" or (
            "V2" not in resource.type and resource.get("Scheme") is None
        )
    return "PRIVATE" not in [*entries(resource.get("EndpointConfiguration.Types"))]


def _ports(scene: Scene, balancer: Resource) -> str:
    listeners = scene.view.users_of(balancer, "AWS::ElasticLoadBalancingV2::Listener")
    return ", ".join(sorted({_port(each) for each in listeners})) or "requests"


def _port(listener: Resource) -> str:
    return f"{_word(listener.get('Protocol'), 'HTTP')} {_word(listener.get('Port'), '')}".strip()


def _word(value: Any, default: str) -> str:
    return f"{value}"[:12] if isinstance(value, str | int) and not isinstance(value, bool) else default


def _balancers(scene: Scene) -> Iterator[Flow]:
    listeners = {each.name: each for each in scene.view.of_type("AWS::ElasticLoadBalancingV2::Listener")}
    for each in listeners.values():
        for balancer in scene.ends(each.raw("LoadBalancerArn")):
            yield from (Flow(balancer, end, _port(each)) for end in scene.ends(each.raw("DefaultActions")))
    for each in scene.view.of_type("AWS::ElasticLoadBalancingV2::ListenerRule"):
        for name in scene.view.targets(each.raw("ListenerArn")) & listeners.keys():
            for balancer in scene.boxes(name):
                label = _condition(each)
                yield from (Flow(balancer, end, label) for end in scene.ends(each.raw("Actions")))


def _condition(rule: Resource) -> str:
    for condition in rule.entries("Conditions"):
        if isinstance(condition, Mapping):
            inner = plain(condition.get("PathPatternConfig") or condition.get("HostHeaderConfig"))
            values = (inner or {}).get("Values") if isinstance(inner, Mapping) else condition.get("Values")
            if shown := [text(each) for each in entries(values)]:
                return shown[0]
    return "requests"


def _rest(scene: Scene) -> Iterator[Flow]:
    paths = {each.name: text(each.raw("PathPart")) for each in scene.view.of_type("AWS::ApiGateway::Resource")}
    for each in scene.view.of_type("AWS::ApiGateway::Method"):
        part = next((f"/{paths[name]}" for name in scene.view.targets(each.raw("ResourceId")) if name in paths), "/")
        for api in scene.ends(each.raw("RestApiId")):
            for end in scene.ends(each.raw("Integration.Uri")):
                yield Flow(api, end, f"{_word(each.get('HttpMethod'), 'ANY')} {part}")


def _http(scene: Scene) -> Iterator[Flow]:
    routes: dict[str, list[str]] = {}
    for each in scene.view.of_type("AWS::ApiGatewayV2::Route"):
        for name in scene.view.targets(each.raw("Target")):
            routes.setdefault(name, []).append(text(each.raw("RouteKey")))
    for each in scene.view.of_type("AWS::ApiGatewayV2::Integration"):
        for api in scene.ends(each.raw("ApiId")):
            for end in scene.ends(each.raw("IntegrationUri")):
                yield from (Flow(api, end, label) for label in routes.get(each.name, ["requests"]))


def _distributions(scene: Scene) -> Iterator[Flow]:
    for each in scene.view.of_type("AWS::CloudFront::Distribution"):
        patterns = _patterns(each)
        for origin in each.entries("DistributionConfig.Origins"):
            if isinstance(origin, Mapping):
                labels = patterns.get(text(origin.get("Id"))) or ["origin"]
                found = scene.ends([origin.get("DomainName"), origin.get("S3OriginConfig")])
                for end in [*found, *_behind_addresses(scene, origin.get("DomainName"))]:
                    yield from (Flow(each.name, end, label) for label in labels)
        for acl in scene.ends(each.raw("DistributionConfig.WebACLId")):
            yield Flow(acl, each.name, "protects", Strength.SIDE)


def _behind_addresses(scene: Scene, name: Any) -> Iterator[str]:
    """An origin that is named by an Elastic IP address is whoever takes that address."""
    for target in scene.view.targets(name):
        if scene.view.resources[target].type == "AWS::EC2::EIP":
            yield from access.holders(scene, target)


def _patterns(distribution: Resource) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    default = distribution.get("DistributionConfig.DefaultCacheBehavior")
    if isinstance(default, Mapping):
        found[text(default.get("TargetOriginId"))] = ["all paths"]
    for behaviour in distribution.entries("DistributionConfig.CacheBehaviors"):
        if isinstance(behaviour, Mapping):
            pattern = text(behaviour.get("PathPattern"))
            found.setdefault(text(behaviour.get("TargetOriginId")), []).append(pattern)
    return found
