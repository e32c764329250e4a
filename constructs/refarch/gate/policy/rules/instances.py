"""Instances and launch templates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.policy.data import instance_types, instance_types_anywhere
from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.values import UNKNOWN, at, entries, is_off, is_on, text, walk
from refarch.gate.policy.view import Resource, Template

TEMPLATE = "AWS::EC2::LaunchTemplate"
INSTANCE = "AWS::EC2::Instance"
CONFIGURATION = "AWS::AutoScaling::LaunchConfiguration"
GROUP = "AWS::AutoScaling::AutoScalingGroup"
_DATA = "LaunchTemplateData"
_OLD_IMAGES = (
    (re.compile(r"amzn2-ami|amazon-linux-2/|/amzn2/|al2-(x86|arm)|amazonlinux:2$"), "Amazon Linux 2", "2026-06-30"),
    (re.compile(r"amzn-ami|amazon-linux-1|amazon-linux/recommended"), "Amazon Linux 1", "2023-12-31"),
    (re.compile(r"ubuntu/.*(bionic|18\.04)"), "Ubuntu 18.04", "2023-05-31"),
    (re.compile(r"ubuntu/.*(focal|20\.04)"), "Ubuntu 20.04", "2025-05-31"),
    (re.compile(r"Windows_Server-2012"), "Windows Server 2012", "2023-10-10"),
)


def launched(template: Template) -> Iterator[tuple[Resource, str, Mapping[str, Any]]]:
    """What instances are made from: the resource, the path of the settings below it, and they themselves."""
    for resource in template.of_type(TEMPLATE, INSTANCE, CONFIGURATION):
        path = _DATA if resource.type == TEMPLATE else ""
        settings = resource.get(path) if path else resource.properties
        if isinstance(settings, Mapping):
            yield resource, path, settings


@rule(
    "EC2-METADATA",
    "Instances answer the old metadata requests, which a misled server can be made to send",
    control=34,
    anchor="CT.EC2.PR.1/2, F EC2.170, CIS 5.6",
    remedy="set MetadataOptions.HttpTokens to required",
)
def metadata(template: Template) -> Iterator[Fault]:
    for resource, path, settings in launched(template):
        if resource.type == INSTANCE and settings.get("LaunchTemplate"):
            continue
        tokens, endpoint = at(settings, "MetadataOptions.HttpTokens"), at(settings, "MetadataOptions.HttpEndpoint")
        if tokens not in ("required", UNKNOWN) and endpoint != "disabled":
            yield fault(resource, f"HttpTokens is {tokens or 'not set'}", f"{path}.MetadataOptions".lstrip("."))


@rule(
    "EC2-HOP-LIMIT",
    "Containers on the instance reach its metadata",
    control=34,
    profile="regulated",
    severity="warning",
    anchor="CT.EC2.PR.1",
    remedy="set HttpPutResponseHopLimit to 1; 2 for bridge networks, with a reason",
)
def hop_limit(template: Template) -> Iterator[Fault]:
    for resource, path, settings in launched(template):
        hops = at(settings, "MetadataOptions.HttpPutResponseHopLimit")
        if isinstance(hops, int) and hops > 1:
            yield fault(resource, f"HttpPutResponseHopLimit is {hops}", f"{path}.MetadataOptions".lstrip("."))


@rule(
    "EC2-PUBLIC-IP",
    "Instances get a public address",
    control=34,
    anchor="CT.EC2.PR.9, F EC2.25",
    remedy="leave AssociatePublicIpAddress out, or set it to false",
)
def public_address(template: Template) -> Iterator[Fault]:
    for resource, path, settings in launched(template):
        interfaces = [settings, *entries(settings.get("NetworkInterfaces"))]
        if any(is_on(at(each, "AssociatePublicIpAddress")) for each in interfaces):
            yield fault(resource, "AssociatePublicIpAddress is true", path)


@rule(
    "EBS-ENCRYPTION",
    "A disk is not encrypted",
    control=35,
    anchor="CT.EC2.PR.14, N EC26, F EC2.7",
    remedy="set Encrypted to true",
)
def disk_encryption(template: Template) -> Iterator[Fault]:
    for resource, path, settings in launched(template):
        for mapping in entries(settings.get("BlockDeviceMappings")):
            disk = at(mapping, "Ebs")
            if isinstance(disk, Mapping) and is_off(at(disk, "Encrypted")):
                yield fault(
                    resource,
                    f"{at(mapping, 'DeviceName')}: Encrypted is not true",
                    f"{path}.BlockDeviceMappings".lstrip("."),
                )
    for volume in template.of_type("AWS::EC2::Volume"):
        if is_off(volume.get("Encrypted")):
            yield fault(volume, "Encrypted is not true", "Encrypted")


@rule(
    "EBS-TYPE",
    "A disk is of an older type that costs more",
    control=35,
    profile="regulated",
    severity="warning",
    remedy="use gp3",
)
def disk_type(template: Template) -> Iterator[Fault]:
    for resource, path, settings in launched(template):
        for mapping in entries(settings.get("BlockDeviceMappings")):
            if (kind := at(mapping, "Ebs.VolumeType")) in ("gp2", "io1", "standard"):
                yield fault(resource, f"VolumeType is {kind}", f"{path}.BlockDeviceMappings".lstrip("."))


@rule(
    "INSTANCE-TYPE",
    "The region has no such instance type",
    control=36,
    anchor="cfn-lint E3628 (not in overrides of Auto Scaling groups), own",
    remedy="name a type that the region offers",
)
def types(template: Template) -> Iterator[Fault]:
    region = template.settings.region
    for resource, path, name in named_types(template):
        if instance_types(region) and name not in instance_types(region):
            where = "no region" if name not in instance_types_anywhere() else region
            reads = f"{name!r}: {where} has it" if where == "no region" else f"{name!r} is not offered in {where}"
            yield fault(resource, reads, path)


def named_types(template: Template) -> Iterator[tuple[Resource, str, str]]:
    """Every instance type that is written out, also in the overrides of groups, fleets and compute environments."""
    for resource, path, settings in launched(template):
        if isinstance(name := at(settings, "InstanceType"), str):
            yield resource, f"{path}.InstanceType".lstrip("."), name
    for resource in template.of_type(GROUP, "AWS::EC2::EC2Fleet", "AWS::EC2::SpotFleet"):
        for each in walk(resource.properties):
            if isinstance(each, Mapping) and isinstance(name := each.get("InstanceType"), str):
                yield resource, "MixedInstancesPolicy.LaunchTemplate.Overrides", name
    for resource in template.of_type("AWS::Batch::ComputeEnvironment"):
        for each in resource.entries("ComputeResources.InstanceTypes"):
            if isinstance(each, str) and "." in each:
                yield resource, "ComputeResources.InstanceTypes", each


@rule(
    "AMI-FAMILY",
    "An image's operating system is at its end",
    anchor="own",
    remedy="move to Amazon Linux 2023, or to the next release of the system",
)
def images(template: Template) -> Iterator[Fault]:
    for name, definition in sorted(template.section("Parameters").items()):
        if isinstance(value := at(definition, "Default"), str) and (message := _old(value, template)):
            yield Fault(str(name), f"the parameter {name}: {message}")
    for resource, path, settings in launched(template):
        if message := _old(text(settings.get("ImageId") or ""), template):
            yield fault(resource, message, f"{path}.ImageId".lstrip("."))
    for nodes in template.of_type("AWS::EKS::Nodegroup"):
        if str(kind := nodes.get("AmiType")).startswith("AL2_"):
            yield fault(nodes, f"AmiType {kind} is Amazon Linux 2 (ended 2026-06-30)", "AmiType")
    for environment in template.of_type("AWS::Batch::ComputeEnvironment"):
        for each in environment.entries("ComputeResources.Ec2Configuration"):
            if str(kind := at(each, "ImageType")) in ("ECS_AL2", "ECS_AL2_NVIDIA"):
                yield fault(environment, f"ImageType {kind} is Amazon Linux 2 (ended 2026-06-30)", "ComputeResources")


def _old(image: str, template: Template) -> str:
    for pattern, name, end in _OLD_IMAGES:
        if pattern.search(image) and end <= template.settings.today.isoformat():
            return f"{name} ended on {end}: {image}"
    return ""
