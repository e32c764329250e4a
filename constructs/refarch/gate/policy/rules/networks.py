"""VPCs and subnets."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from itertools import combinations

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.values import is_on, text
from refarch.gate.policy.view import Resource, Template

VPC = "AWS::EC2::VPC"
SUBNET = "AWS::EC2::Subnet"
_MOST = 400
Network = ipaddress.IPv4Network


@rule(
    "VPC-DEFAULT-GROUP",
    "The default security group lets its members talk to each other and to the internet",
    control=31,
    profile="regulated",
    severity="warning",
    anchor="F EC2.2, CIS 5.4",
    remedy="set the CDK flag @aws-cdk/aws-ec2:restrictDefaultSecurityGroup",
)
def default_group(template: Template) -> Iterator[Fault]:
    for vpc in template.of_type(VPC):
        if not any(True for _ in template.users_of(vpc, "Custom::VpcRestrictDefaultSG")):
            yield fault(vpc, "nothing takes the default group's rules away")


@rule(
    "VPC-FLOW-LOGS",
    "Nobody can say later who talked to whom",
    control=32,
    profile="regulated",
    severity="warning",
    anchor="N VPC7, F EC2.6, CIS 3.7",
    remedy="add a FlowLog for the VPC",
)
def flow_logs(template: Template) -> Iterator[Fault]:
    for vpc in template.of_type(VPC):
        if not any(True for _ in template.users_of(vpc, "AWS::EC2::FlowLog")):
            yield fault(vpc, "no flow log of this template is for it")


@rule(
    "SUBNET-PUBLIC-IP",
    "Whatever starts in a subnet gets a public address",
    control=33,
    anchor="CT.EC2.PR.11, F EC2.15",
    severity="warning",
    remedy="set MapPublicIpOnLaunch to false; what needs an address asks for one",
)
def public_addresses(template: Template) -> Iterator[Fault]:
    for subnet in template.of_type(SUBNET):
        if is_on(subnet.get("MapPublicIpOnLaunch")):
            yield fault(subnet, "MapPublicIpOnLaunch is true", "MapPublicIpOnLaunch")


@rule(
    "SUBNET-CIDR",
    "Subnets of a VPC overlap, or lie outside it",
    anchor="cfn-lint E3059",
    remedy="give each subnet a range of its own within the VPC's",
)
def ranges(template: Template) -> Iterator[Fault]:
    by_vpc: dict[str, list[tuple[Resource, Network]]] = {}
    for subnet in list(template.of_type(SUBNET))[:_MOST]:
        if range_ := _network(subnet.get("CidrBlock")):
            by_vpc.setdefault(text(subnet.raw("VpcId")), []).append((subnet, range_))
    for vpc_name, found in sorted(by_vpc.items()):
        for (_, first), (later, second) in combinations(found, 2):
            if first.overlaps(second):
                yield fault(later, f"{second} overlaps {first}", "CidrBlock")
        yield from _outside(template, vpc_name, found)


def _outside(template: Template, vpc_name: str, found: list[tuple[Resource, Network]]) -> Iterator[Fault]:
    vpc = template.resources.get(vpc_name.strip("<>"))
    whole = _network(vpc.get("CidrBlock")) if vpc and vpc.type == VPC else None
    if whole is None or vpc is None or any(True for _ in template.users_of(vpc, "AWS::EC2::VPCCidrBlock")):
        return
    for subnet, range_ in found:
        if not range_.subnet_of(whole):
            yield fault(subnet, f"{range_} is outside the VPC's {whole}", "CidrBlock")


def _network(value: object) -> Network | None:
    try:
        return Network(value, strict=False) if isinstance(value, str) else None
    except ValueError:
        return None
