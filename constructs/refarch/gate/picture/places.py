"""Which frame a box is in: a VPC and the kind of subnets, by what its properties name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from refarch.gate.picture.model import Cluster
from refarch.gate.picture.names import titles
from refarch.gate.picture.scene import Scene
from refarch.gate.policy.values import is_on, raw_entries, text
from refarch.gate.policy.view import Resource

_SUBNET, _VPC = "AWS::EC2::Subnet", "AWS::EC2::VPC"
GIVEN = "given"
"""Id of the frame around what runs in subnets that are no part of the template."""
_TIERS = {
    "public": "Public subnets",
    "private": "Private subnets, with a way out",
    "isolated": "Subnets without a way out",
}
_WHERE = (
    "CacheSubnetGroupName",
    "ClusterSubnetGroupName",
    "ComputeResources.Subnets",
    "DBSubnetGroupName",
    "ComputeResources.LaunchTemplate",
    "Instances.Ec2SubnetId",
    "NetworkConfiguration",
    "NetworkInterfaces",
    "BrokerNodeGroupInfo.ClientSubnets",
    "ResourcesVpcConfig.SubnetIds",
    "SubnetGroupName",
    "SubnetId",
    "SubnetIds",
    "SubnetMappings",
    "Subnets",
    "VPCOptions.SubnetIds",
    "VPCZoneIdentifier",
    "VpcConfig.SubnetIds",
    "VpcSubnetIds",
    "VpcId",
)
_THROUGH = ("SubnetGroup", "CacheSubnetGroup")


class Places:
    """Frames by box."""

    def __init__(self, scene: Scene) -> None:
        self.view, self.scene = scene.view, scene
        self._tiers = {each.name: _tier(scene, each) for each in self.view.of_type(_SUBNET)}
        self._vpcs = {
            each.name: next(iter(sorted(self.view.targets(each.raw("VpcId")))), "")
            for each in self.view.of_type(_SUBNET)
        }

    def of(self, name: str) -> str:
        """Id of the frame: `vpc/tier`, `vpc`, `given`, or "" for what runs in no VPC."""
        resource = self.scene.shown[name]
        where = [value for path in _WHERE if (value := resource.raw(path)) is not None]
        where += [each.raw("SubnetId") for each in self.view.users_of(resource, "AWS::EFS::MountTarget")]
        return self._frame(where)

    def _frame(self, where: list[Any]) -> str:
        subnets = sorted(self._subnets(where))
        if subnets:
            (vpc, tier), _ = Counter((self._vpcs[each], self._tiers[each]) for each in subnets).most_common(1)[0]
            return f"{vpc or GIVEN}/{tier}"
        vpcs = sorted(each for each in self.view.targets(where) if self.view.resources[each].type == _VPC)
        return vpcs[0] if vpcs else GIVEN if _names_something(where) else ""

    def _subnets(self, where: list[Any]) -> set[str]:
        found = self.view.targets(where)
        for name in list(found):
            if self.view.resources[name].type.endswith(_THROUGH):
                found |= self.view.targets(self.view.resources[name].properties)
        return found & self._tiers.keys()

    def clusters(self, used: set[str]) -> Iterator[Cluster]:
        """The frames with something in them, and those around these."""
        named = titles([each.name for each in self.view.of_type(_VPC)])
        for vpc in sorted({each.partition("/")[0] for each in used if each}):
            yield Cluster(vpc, self._vpc_title(vpc, named), "", "vpc")
            for tier, words in _TIERS.items():
                if f"{vpc}/{tier}" in used:
                    yield Cluster(f"{vpc}/{tier}", f"{words}{self._times(vpc, tier)}", vpc, tier)

    def _vpc_title(self, vpc: str, named: Mapping[str, str]) -> str:
        resource = self.view.resources.get(vpc)
        if resource is None or vpc == GIVEN:
            return "VPC that is given"
        block = resource.get("CidrBlock")
        own = f" {named[vpc]}" if len(named) > 1 else ""
        return f"VPC{own} {block}" if isinstance(block, str) else f"VPC{own}"

    def _times(self, vpc: str, tier: str) -> str:
        count = sum(1 for each, kind in self._tiers.items() if kind == tier and self._vpcs[each] in (vpc, ""))
        return f" ×{count}" if count > 1 else ""

    @cached_property
    def total_subnets(self) -> int:
        """How many subnets the template has."""
        return len(self._tiers)


def _names_something(where: list[Any]) -> bool:
    return any(True for each in where for _ in raw_entries(each))


def _tier(scene: Scene, subnet: Resource) -> str:
    for tag in subnet.entries("Tags"):
        if isinstance(tag, Mapping) and tag.get("Key") == "aws-cdk:subnet-type":
            return {"Public": "public", "Isolated": "isolated"}.get(text(tag.get("Value")), "private")
    exits = {kind for route in _routes(scene, subnet) for kind in _exit(scene, route)}
    if "public" in exits or is_on(subnet.get("MapPublicIpOnLaunch")):
        return "public"
    return "private" if "private" in exits else "isolated"


def _routes(scene: Scene, subnet: Resource) -> Iterator[Resource]:
    for link in scene.view.users_of(subnet, "AWS::EC2::SubnetRouteTableAssociation"):
        for name in sorted(scene.view.targets(link.raw("RouteTableId"))):
            yield from scene.view.users_of(scene.view.resources[name], "AWS::EC2::Route")


def _exit(scene: Scene, route: Resource) -> Iterator[str]:
    kinds = {scene.view.resources[name].type for name in scene.view.targets(route.raw("GatewayId"))}
    if "AWS::EC2::InternetGateway" in kinds:
        yield "public"
    if any(
        route.raw(key) is not None for key in ("NatGatewayId", "InstanceId", "NetworkInterfaceId", "TransitGatewayId")
    ):
        yield "private"
