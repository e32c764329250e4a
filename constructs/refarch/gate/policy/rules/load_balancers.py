"""Load balancers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.values import UNKNOWN, at
from refarch.gate.policy.view import Resource, Template

BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
_OLD_TLS = (
    "ELBSecurityPolicy-2016-08",
    "ELBSecurityPolicy-TLS-1-0",
    "ELBSecurityPolicy-TLS-1-1",
    "ELBSecurityPolicy-2015-05",
)


def attribute(balancer: Resource, key: str) -> Any:
    """The value of an attribute; `None` where it is left out, `UNKNOWN` where a function decides."""
    if balancer.get("LoadBalancerAttributes") is UNKNOWN:
        return UNKNOWN
    for each in balancer.entries("LoadBalancerAttributes"):
        if at(each, "Key") == key:
            return at(each, "Value")
    return None


def _application(template: Template) -> Iterator[Resource]:
    return (each for each in template.of_type(BALANCER) if each.get("Type") in (None, "application"))


def _internal(template: Template, listener: Resource) -> bool:
    balancer = template.target(listener.raw("LoadBalancerArn"))
    return balancer is not None and balancer.get("Scheme") == "internal"


@rule(
    "ALB-HTTPS",
    "A listener on the internet speaks plain HTTP",
    control=42,
    anchor="CT.ELASTICLOADBALANCING.PR.1, F ELB.1",
    remedy="redirect HTTP to HTTPS, and listen with a certificate",
)
def https(template: Template) -> Iterator[Fault]:
    for listener in template.of_type(LISTENER):
        actions = list(listener.entries("DefaultActions"))
        redirects = any(at(each, "Type") == "redirect" for each in actions)
        closed = any(at(each, "Type") == "fixed-response" for each in actions)
        if listener.get("Protocol") == "HTTP" and not redirects and not closed and not _internal(template, listener):
            yield fault(listener, f"Protocol HTTP on port {listener.get('Port')} without a redirect", "DefaultActions")


@rule(
    "ALB-TLS-VERSION",
    "A listener takes TLS versions that are broken",
    control=42,
    anchor="CT.ELASTICLOADBALANCING.PR.9, F ELB.17",
    remedy="set SslPolicy to ELBSecurityPolicy-TLS13-1-2-2021-06 or newer",
)
def tls_version(template: Template) -> Iterator[Fault]:
    for listener in template.of_type(LISTENER):
        policy = listener.get("SslPolicy")
        secure = listener.get("Protocol") in ("HTTPS", "TLS")
        if secure and (policy is None or (isinstance(policy, str) and policy.startswith(_OLD_TLS))):
            yield fault(listener, f"SslPolicy is {policy or 'the default, ELBSecurityPolicy-2016-08'}", "SslPolicy")


def _attribute_rule(template: Template, key: str, wanted: tuple[str, ...]) -> Iterator[Fault]:
    for balancer in _application(template):
        value = attribute(balancer, key)
        given = str(value).lower() if isinstance(value, bool) else value
        if given is not UNKNOWN and given not in wanted:
            yield fault(
                balancer, f"{key} is {given or 'not set'} (allowed: {', '.join(wanted)})", "LoadBalancerAttributes"
            )


@rule(
    "ALB-INVALID-HEADERS",
    "Headers that are none reach the targets",
    control=43,
    profile="regulated",
    severity="warning",
    anchor="CT.ELASTICLOADBALANCING.PR.3, F ELB.4",
    remedy="set routing.http.drop_invalid_header_fields.enabled to true",
)
def invalid_headers(template: Template) -> Iterator[Fault]:
    yield from _attribute_rule(template, "routing.http.drop_invalid_header_fields.enabled", ("true",))


@rule(
    "ALB-ACCESS-LOG",
    "Requests to a load balancer are not logged",
    control=43,
    profile="regulated",
    severity="warning",
    anchor="CT.ELASTICLOADBALANCING.PR.5, N ELB2, F ELB.5",
    remedy="set access_logs.s3.enabled to true, with a bucket",
)
def access_log(template: Template) -> Iterator[Fault]:
    yield from _attribute_rule(template, "access_logs.s3.enabled", ("true",))


@rule(
    "ALB-DELETION-PROTECTION",
    "A load balancer goes by one call",
    control=43,
    profile="regulated",
    severity="warning",
    anchor="CT.ELASTICLOADBALANCING.PR.6, F ELB.6",
    remedy="set deletion_protection.enabled to true",
)
def deletion_protection(template: Template) -> Iterator[Fault]:
    yield from _attribute_rule(template, "deletion_protection.enabled", ("true",))


@rule(
    "ALB-DESYNC",
    "Requests that two servers read differently are let through",
    control=43,
    anchor="CT.ELASTICLOADBALANCING.PR.4, F ELB.12",
    remedy="leave routing.http.desync_mitigation_mode at defensive, or set strictest",
)
def desync(template: Template) -> Iterator[Fault]:
    for balancer in _application(template):
        if attribute(balancer, "routing.http.desync_mitigation_mode") == "monitor":
            yield fault(balancer, "routing.http.desync_mitigation_mode is monitor", "LoadBalancerAttributes")


@rule(
    "ELB-CLASSIC",
    "A load balancer of the first generation",
    remedy="use an Application or Network Load Balancer (AWS::ElasticLoadBalancingV2::LoadBalancer)",
    severity="warning",
)
def classic(template: Template) -> Iterator[Fault]:
    for each in template.of_type("AWS::ElasticLoadBalancing::LoadBalancer"):
        yield fault(each, "Classic Load Balancer")
