"""What RunInstances was asked for, and what of it ministack's instance record leaves out."""

from __future__ import annotations

import ipaddress
import random
import re
from collections.abc import Iterable, Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.compute import scope

Parameters = dict[str, Any]
# Simple members of a launch template and the request parameter that each becomes.
PLAIN = {"ImageId": "ImageId", "InstanceType": "InstanceType", "KeyName": "KeyName", "UserData": "UserData"}
RESERVED = 4  # AWS keeps the first four addresses of a subnet and the last one


def one(parameters: Mapping[str, Any], name: str) -> str:
    value = parameters.get(name, "")
    return str(value[0] if isinstance(value, list) else value)


def template_of(parameters: Mapping[str, Any]) -> tuple[Mapping[str, Any], Any]:
    """(data of the launch template that a request names, the error to answer with or None)."""
    names = ("LaunchTemplateId", "LaunchTemplateName", "Version")
    wanted = {name: one(parameters, f"LaunchTemplate.{name}") for name in names}
    data, _, error = adapter.read("launch template data")({name: value for name, value in wanted.items() if value})
    return data or {}, error


def expanded(parameters: Mapping[str, Any], data: Mapping[str, Any]) -> Parameters:
    """The request with what its launch template adds; what the request says itself goes first."""
    interface = (data.get("NetworkInterfaces") or [{}])[0]
    groups = data.get("SecurityGroupIds") or interface.get("Groups") or []
    profile = data.get("IamInstanceProfile") or {}
    added: Parameters = {parameter: data[name] for name, parameter in PLAIN.items() if data.get(name)}
    added |= {"SubnetId": interface["SubnetId"]} if interface.get("SubnetId") else {}
    added |= {f"IamInstanceProfile.{key}": value for key, value in profile.items() if value}
    if not one(parameters, "SecurityGroupId.1"):
        added |= {f"SecurityGroupId.{number}": group for number, group in enumerate(groups, 1)}
    count = one(parameters, "MaxCount") or "1"  # ministack launches MinCount of them, AWS as many as it can
    return {name: [str(value)] for name, value in added.items()} | dict(parameters) | {"MinCount": [count]}


def tags_of(parameters: Mapping[str, Any], data: Mapping[str, Any]) -> list[dict[str, str]]:
    """The tags of the instances, those of the request over those of the template."""
    found: dict[str, str] = {}
    for specification in data.get("TagSpecifications") or []:
        if specification.get("ResourceType") == "instance":
            found |= {str(tag["Key"]): str(tag.get("Value", "")) for tag in specification.get("Tags") or []}
    number = 1
    while kind := one(parameters, f"TagSpecification.{number}.ResourceType"):
        tag = 1
        while key := one(parameters, f"TagSpecification.{number}.Tag.{tag}.Key"):
            if kind == "instance":
                found[key] = one(parameters, f"TagSpecification.{number}.Tag.{tag}.Value")
            tag += 1
        number += 1
    return [{"Key": key, "Value": value} for key, value in found.items()]


def is_spot(parameters: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    asked = one(parameters, "InstanceMarketOptions.MarketType")
    return (asked or (data.get("InstanceMarketOptions") or {}).get("MarketType")) == "spot"


def complete(record: dict[str, Any], parameters: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    """Give the record its zone, an address of its subnet, its market and its metadata options."""
    subnet = adapter.read("subnets").get(record["SubnetId"], {})
    zone = subnet.get("AvailabilityZone") or f"{scope.region()}a"
    record["Placement"]["AvailabilityZone"] = zone
    for mapping in record["BlockDeviceMappings"]:
        adapter.read("volumes").get(mapping["Ebs"]["VolumeId"], {})["AvailabilityZone"] = zone
    if not one(parameters, "PrivateIpAddress") and subnet.get("CidrBlock"):
        others = adapter.read("instances").values()
        taken = [other["PrivateIpAddress"] for other in others if other["SubnetId"] == record["SubnetId"]]
        record["PrivateIpAddress"] = free_address(subnet["CidrBlock"], taken)
    dashed = record["PrivateIpAddress"].replace(".", "-")
    domain = "ec2.internal" if scope.region() == "us-east-1" else f"{scope.region()}.compute.internal"
    record["PrivateDnsName"] = f"ip-{dashed}.{domain}"
    if _is_public(parameters, data, subnet):
        where = "compute-1" if scope.region() == "us-east-1" else f"{scope.region()}.compute"
        record["PublicDnsName"] = f"ec2-{record['PublicIpAddress'].replace('.', '-')}.{where}.amazonaws.com"
    else:
        record["PublicIpAddress"] = record["PublicDnsName"] = ""
    record["Architecture"] = architecture(record["InstanceType"])
    options = data.get("MetadataOptions") or {}
    tokens = one(parameters, "MetadataOptions.HttpTokens") or options.get("HttpTokens") or "optional"
    record["MetadataOptions"] = {"HttpTokens": tokens}
    if is_spot(parameters, data):
        record["InstanceLifecycle"] = "spot"
        record["SpotInstanceRequestId"] = f"sir-{random.randbytes(4).hex()}"  # noqa: S311


def _is_public(parameters: Mapping[str, Any], data: Mapping[str, Any], subnet: Mapping[str, Any]) -> bool:
    asked = one(parameters, "NetworkInterface.1.AssociatePublicIpAddress")
    declared = (data.get("NetworkInterfaces") or [{}])[0].get("AssociatePublicIpAddress")
    said = asked or ("" if declared is None else str(declared))
    return said.lower() == "true" if said else str(subnet.get("MapPublicIpOnLaunch", False)).lower() == "true"


def free_address(block: str, taken: Iterable[str]) -> str:
    """The first address of a subnet that AWS would give and nobody has. Raises `ValueError` when there is none."""
    network, used = ipaddress.ip_network(block), set(taken)
    first, last = int(network.network_address) + RESERVED, int(network.broadcast_address)
    for number in range(first, last):
        address = str(ipaddress.ip_address(number))
        if address not in used:
            return address
    raise ValueError(f"no address is left in {block}")


def architecture(instance_type: str) -> str:
    """`arm64` for Graviton types (t4g, m7gd, c7gn, im4gn, a1), else `x86_64`."""
    family = instance_type.split(".")[0]
    return "arm64" if family == "a1" or re.fullmatch(r"[a-z]+\d+[a-z]*g[a-z]*", family) else "x86_64"
