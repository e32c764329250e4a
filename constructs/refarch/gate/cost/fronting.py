"""What stands between users and programs, and between networks."""

from __future__ import annotations

from refarch.gate.cost.context import HOURS, Case, Lines, NoPrice
from refarch.gate.cost.model import Line
from refarch.gate.policy.values import raw_entries


def balancer(case: Case) -> Lines:
    """A load balancer: hours, capacity units, and public addresses where it faces the internet."""
    kind = case.resource.get("Type") or "application"
    if kind not in ("application", "network"):
        raise NoPrice(f"no price for a load balancer of type {kind}")
    yield case.fixed("load balancer", f"{kind}_load_balancer.hour", HOURS)
    yield _units(case, f"{kind}_load_balancer.capacity_unit_hour")
    if case.resource.get("Scheme") == "internet-facing":
        zones = len([*raw_entries(case.resource.raw("Subnets")), *raw_entries(case.resource.raw("SubnetMappings"))])
        yield case.fixed("public IPv4 addresses", "public_ipv4.hour", max(2, zones) * HOURS)


def _units(case: Case, name: str) -> Line:
    price = case.prices.service(name)
    units = case.quantity("capacity_units", 1)
    note = f"{units:g} on average × 730 h × {price.usd:g} USD"
    return case.ranged("capacity units", 0, units * HOURS * price.usd, note, confirmed=price.confirmed)


def endpoint(case: Case) -> Lines:
    """A VPC endpoint: interfaces cost by zone and hour, gateways nothing."""
    if case.resource.get("VpcEndpointType") != "Interface":
        return
    zones = len([*raw_entries(case.resource.raw("SubnetIds"))]) or 1
    yield case.fixed("endpoint", "interface_endpoint.hour", zones * HOURS)
    yield case.used("gigabytes", "interface_endpoint.gigabyte", 10)


def web_acl(case: Case) -> Lines:
    """A web ACL: itself, its rules, requests."""
    yield case.fixed("web ACL", "waf.web_acl_month", 1)
    if rules := len([*case.resource.entries("Rules")]):
        yield case.fixed("rules", "waf.rule_month", rules)
    yield case.used("requests", "waf.request", 1_000_000)


def parameter(case: Case) -> Lines:
    """A parameter: the standard tier is free."""
    if case.resource.get("Tier") == "Advanced":
        raise NoPrice("no price for the advanced tier")
    return
    yield


def namespace(case: Case) -> Lines:
    """A DNS namespace is a hosted zone."""
    yield case.fixed("zone", "route53.hosted_zone_month", 1)
