"""Security groups: what is open to the world, and ports that are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.values import UNKNOWN, at, number
from refarch.gate.policy.view import Resource, Template

GROUP = "AWS::EC2::SecurityGroup"
INGRESS = "AWS::EC2::SecurityGroupIngress"
EGRESS = "AWS::EC2::SecurityGroupEgress"
_WORLD = ("0.0.0.0/0", "::/0")
_WEB = (80, 443)
_HIGHEST = 65_535
_WITH_PORTS = ("tcp", "udp", "6", "17")


@dataclass(frozen=True)
class PortRule:
    """One rule of a group: which resource holds it, which group it is for."""

    holder: Resource
    group: str
    path: str
    value: Mapping[str, Any]

    @property
    def ports(self) -> tuple[Any, Any]:
        return at(self.value, "FromPort"), at(self.value, "ToPort")

    @property
    def world(self) -> str:
        """The open range, if it is one."""
        for key in ("CidrIp", "CidrIpv6"):
            if (cidr := at(self.value, key)) in _WORLD:
                return str(cidr)
        return ""


def port_rules(template: Template, *, inwards: bool) -> Iterator[PortRule]:
    path = "SecurityGroupIngress" if inwards else "SecurityGroupEgress"
    for group in template.of_type(GROUP):
        for each in group.entries(path):
            if isinstance(each, Mapping):
                yield PortRule(group, group.name, path, each)
    for alone in template.of_type(INGRESS if inwards else EGRESS):
        target = template.target(alone.raw("GroupId"))
        yield PortRule(alone, target.name if target else "", "", alone.properties)


@rule(
    "SG-OPEN",
    "The whole internet may connect",
    control=29,
    anchor="CT.EC2.PR.3/4, N EC23, F EC2.18/19, CIS 5.2",
    remedy="name ranges or security groups; only 80 and 443 of an internet-facing load balancer may be open",
)
def open_to_world(template: Template) -> Iterator[Fault]:
    fronts = _fronts(template)
    for each in port_rules(template, inwards=True):
        if not each.world or UNKNOWN in each.ports:
            continue
        first, last = (number(port) for port in each.ports)
        web = first == last and first in _WEB
        if not (web and (each.group in fronts or not each.group)):
            where = (
                "every port"
                if first is None or first == -1
                else f"ports {first:g}–{last if last is None else f'{last:g}'}"
            )
            yield fault(each.holder, f"{where} open to {each.world}", each.path)


def _fronts(template: Template) -> set[str]:
    """Groups of load balancers that face the internet."""
    found: set[str] = set()
    for balancer in template.of_type("AWS::ElasticLoadBalancingV2::LoadBalancer"):
        if balancer.get("Scheme") in (None, "internet-facing", UNKNOWN):
            found |= template.targets(balancer.raw("SecurityGroups"))
    for balancer in template.of_type("AWS::ElasticLoadBalancing::LoadBalancer"):
        found |= template.targets(balancer.raw("SecurityGroups"))
    return found


@rule(
    "SG-PORT",
    "A port is none",
    control=30,
    remedy="ports are 0 to 65535, the first not after the last",
)
def port_range(template: Template) -> Iterator[Fault]:
    for inwards in (True, False):
        for each in port_rules(template, inwards=inwards):
            if str(at(each.value, "IpProtocol")).lower() in _WITH_PORTS and (message := _wrong(*each.ports)):
                yield fault(each.holder, message, each.path)


@rule(
    "PORT-RANGE",
    "A listener, target, container or database has a port that is none",
    control=30,
    remedy="ports are 1 to 65535 (0 only where a service chooses one)",
)
def other_ports(template: Template) -> Iterator[Fault]:
    for resource in template.resources.values():
        for path, value in _ports_of(resource):
            given = number(value)
            if given is not None and not 0 <= given <= _HIGHEST:
                yield fault(resource, f"port {value} (allowed: 0 to {_HIGHEST})", path)


def _ports_of(resource: Resource) -> Iterator[tuple[str, Any]]:
    if resource.type.startswith(
        ("AWS::ElasticLoadBalancingV2::", "AWS::RDS::", "AWS::ElastiCache::", "AWS::Redshift::")
    ):
        yield "Port", resource.get("Port")
    if resource.type == "AWS::ECS::TaskDefinition":
        for container in resource.entries("ContainerDefinitions"):
            for mapping in _listed(at(container, "PortMappings")):
                yield "ContainerDefinitions.PortMappings", at(mapping, "ContainerPort")
                yield "ContainerDefinitions.PortMappings", at(mapping, "HostPort")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _wrong(first: Any, last: Any) -> str:
    numbers = [number(each) for each in (first, last)]
    for given in numbers:
        if given is not None and not (0 <= given <= _HIGHEST or given == -1):
            return f"port {given:g} (allowed: 0 to {_HIGHEST})"
    low, high = numbers
    if low is not None and high is not None and low > high:
        return f"FromPort {low:g} is after ToPort {high:g}"
    return ""


@rule(
    "SG-DESCRIPTION",
    "Nobody knows what a rule of a security group is for",
    control=30,
    profile="regulated",
    severity="warning",
    anchor="N EC27, own",
    remedy="describe each rule",
)
def description(template: Template) -> Iterator[Fault]:
    for each in port_rules(template, inwards=True):
        if at(each.value, "Description") is None:
            yield fault(each.holder, "a rule without Description", each.path)


@rule(
    "SG-EGRESS",
    "Everything inside may talk to the whole internet",
    control=29,
    profile="regulated",
    severity="warning",
    remedy="name where connections go",
)
def egress(template: Template) -> Iterator[Fault]:
    for each in port_rules(template, inwards=False):
        if each.world and str(at(each.value, "IpProtocol")) == "-1":
            yield fault(each.holder, f"every protocol and port to {each.world}", each.path)
