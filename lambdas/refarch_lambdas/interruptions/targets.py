"""Which targets of which groups stand for an instance. No AWS in here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from refarch_lambdas.interruptions.interruption import Instance
from refarch_lambdas.interruptions.settings import TARGET_GROUP_TAGS

_ARN = re.compile(r"arn:[a-z-]+:elasticloadbalancing:[a-z0-9-]+:\d{12}:targetgroup/[A-Za-z0-9-]{1,32}/[0-9a-z]+")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?")


def named_groups(tags: Mapping[str, str]) -> tuple[list[str], list[str], list[str]]:
    """The target groups that an instance's tags name: ARNs, names, and entries that are neither.

    A tag holds one entry or several with commas between them. Names are allowed because a tag's value ends after 256
    characters: that is room for two ARNs.
    """
    entries = [part.strip() for tag in TARGET_GROUP_TAGS for part in tags.get(tag, "").split(",")]
    wanted = list(dict.fromkeys(entry for entry in entries if entry))
    arns = [entry for entry in wanted if _ARN.fullmatch(entry)]
    names = [entry for entry in wanted if _NAME.fullmatch(entry)]
    return arns, names, [entry for entry in wanted if entry not in arns and entry not in names]


def group_arns_of(group: Mapping[str, Any]) -> list[str]:
    """The target groups of an Auto Scaling group, as DescribeAutoScalingGroups tells them."""
    sources = [each["Identifier"] for each in group.get("TrafficSources", ()) if _ARN.fullmatch(each["Identifier"])]
    return list(dict.fromkeys([*group.get("TargetGroupARNs", ()), *sources]))


def owned_by_services(services: Iterable[Mapping[str, Any]]) -> set[str]:
    """The target groups that ECS fills itself: DRAINING takes their targets out, in step with the tasks."""
    owned: set[str] = set()
    for service in services:
        for holder in (service, *service.get("taskSets", ())):
            for balancer in holder.get("loadBalancers", ()):
                alternate = balancer.get("advancedConfiguration", {}).get("alternateTargetGroupArn")
                owned |= {arn for arn in (balancer.get("targetGroupArn"), alternate) if arn}
    return owned


def registrations_of(instance: Instance, health: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The targets of a group that stand for the instance and still get traffic, as they were registered.

    By instance id or by address, on each port: a target is its id *and* its port, and a call without the right port
    takes nothing out.
    """
    names = {instance.instance_id, *(_one_form(each) for each in instance.addresses)}
    return [
        {key: each["Target"][key] for key in ("Id", "Port", "AvailabilityZone") if key in each["Target"]}
        for each in health
        if _one_form(each["Target"]["Id"]) in names and each.get("TargetHealth", {}).get("State") != "draining"
    ]


def _one_form(target: str) -> str:
    """An IPv6 address can be written in many ways; anything else stays as it is."""
    try:
        return str(ip_address(target))
    except ValueError:
        return target
