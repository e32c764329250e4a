"""What an Auto Scaling group decides, without AWS: how many to launch, where and of which type, and which to end.

A group and its members are the records of the API (`MixedInstancesPolicy`, `Instances`, …). Members carry besides
what DescribeAutoScalingGroups shows: `Lifecycle` ("spot" or "on-demand"), `Launched` (epoch seconds), `AtRisk` (a
rebalance recommendation came).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from refarch.local.compute.scaling.types_by_need import matching_types

Record = Mapping[str, Any]
LEAVING = ("Terminating", "Terminated", "Detaching", "Detached", "EnteringStandby", "Standby")


@dataclass(frozen=True)
class Place:
    """One instance to launch. `instance_type` None: what the launch template says."""

    subnet: str
    lifecycle: str
    instance_type: str | None = None
    template: Record = field(default_factory=dict)
    weight: str | None = None


@dataclass(frozen=True)
class Decision:
    """`launch`: how much capacity is missing; `end`: (instance id, the cause in AWS's words)."""

    launch: int = 0
    end: tuple[tuple[str, str], ...] = ()


def serving(group: Record) -> list[Record]:
    """The members that count against the desired capacity."""
    return [member for member in group["Instances"] if not member["LifecycleState"].startswith(LEAVING)]


def weight(member: Record) -> int:
    return int(member.get("WeightedCapacity") or 1)


def desired(group: Record) -> int:
    """What the group is kept at: its desired capacity, and what a replacement under way launches beforehand."""
    return int(group["DesiredCapacity"]) + int(group.get("Surge") or 0)


def suspended(group: Record, process: str) -> bool:
    return any(entry["ProcessName"] == process for entry in group.get("SuspendedProcesses") or [])


def decide(group: Record) -> Decision:
    """What is to happen now: unhealthy members end, missing capacity is launched, surplus ends.

    A member at risk (capacity rebalancing) is replaced before it ends, over the maximum by up to a tenth if need be.
    """
    unhealthy: list[tuple[str, str]] = []
    if not suspended(group, "ReplaceUnhealthy") and not suspended(group, "Terminate"):
        unhealthy = [
            (
                member["InstanceId"],
                member.get("Complaint") or "an instance was taken out of service by its health check.",
            )
            for member in serving(group)
            if member["HealthStatus"] != "Healthy" and member["LifecycleState"] == "InService"
        ]
    gone = {instance_id for instance_id, _ in unhealthy}
    left = [member for member in serving(group) if member["InstanceId"] not in gone]
    missing = desired(group) - sum(map(weight, left))
    if missing < 0 and not suspended(group, "Terminate") and not _replacing(group, left):
        surplus = [(key, _shrinking(group, left)) for key in victims(group, left, -missing)]
        return Decision(end=(*unhealthy, *surplus))
    rebalanced, extra = _rebalance(group, left)
    launch = max(0, missing) + extra
    return Decision(launch=0 if suspended(group, "Launch") else launch, end=(*unhealthy, *rebalanced))


def _replacing(group: Record, left: Sequence[Record]) -> bool:
    """Whether there are more than desired because members at risk have their replacements already."""
    safe = sum(weight(member) for member in left if not member.get("AtRisk"))
    return safe <= desired(group) and any(member.get("AtRisk") for member in left)


def _rebalance(group: Record, left: Sequence[Record]) -> tuple[list[tuple[str, str]], int]:
    """(members at risk that end since their replacement serves, capacity to launch for those that wait for one)."""
    at_risk = [member for member in left if member.get("AtRisk")]
    if not at_risk:
        return [], 0
    ready = sum(weight(m) for m in left if not m.get("AtRisk") and m["LifecycleState"] == "InService")
    coming = sum(weight(m) for m in left if not m.get("AtRisk"))
    total, wanted = sum(map(weight, left)), desired(group)
    limit = max(group["MaxSize"], wanted) + max(1, math.ceil(group["MaxSize"] / 10))
    missing = max(0, wanted - total)
    extra = max(0, min(wanted - coming, limit - total) - missing)
    spare = ready + sum(map(weight, at_risk)) - wanted
    ended = []
    for member in at_risk:
        if spare >= weight(member):
            spare -= weight(member)
            cause = "an instance was taken out of service in response to an EC2 instance rebalance recommendation."
            ended.append((member["InstanceId"], cause))
    return ended, extra


def _shrinking(group: Record, left: Sequence[Record]) -> str:
    before, after = sum(map(weight, left)), desired(group)
    return (
        "an instance was taken out of service in response to a difference between desired and actual capacity, "
        f"shrinking the capacity from {before} to {after}."
    )


def next_place(group: Record, zones: Mapping[str, str], template_is_spot: bool = False) -> Place:
    """Where the next instance goes. `zones`: the group's subnets, in order, and their zones.

    The subnet is the one with the fewest members. Types follow the allocation strategy as far as that can be known
    here: prioritized ones take the first, all others are taken in turn (there is no market with prices or capacity).
    """
    live = serving(group)
    used = Counter(member.get("SubnetId") for member in live)
    subnet = min(zones, key=lambda key: used[key])
    mixed = group.get("MixedInstancesPolicy")
    if not mixed:
        return Place(subnet, "spot" if template_is_spot else "on-demand", template=group.get("LaunchTemplate") or {})
    distribution = mixed.get("InstancesDistribution") or {}
    lifecycle = next_lifecycle(distribution, Counter(member.get("Lifecycle") for member in live))
    template = mixed.get("LaunchTemplate") or {}
    chosen = _choose_type(_choices(template.get("Overrides") or []), distribution, lifecycle, live)
    specification = chosen.get("LaunchTemplateSpecification") or template.get("LaunchTemplateSpecification") or {}
    return Place(subnet, lifecycle, chosen.get("InstanceType"), specification, chosen.get("WeightedCapacity"))


def next_lifecycle(distribution: Record, live: Mapping[str | None, int]) -> str:
    """`on-demand` until the base is filled, then as many of a hundred as the percentage says (rounded up)."""
    base = int(distribution.get("OnDemandBaseCapacity") or 0)
    percentage = distribution.get("OnDemandPercentageAboveBaseCapacity")
    percentage = 100 if percentage is None else int(percentage)
    total = live.get("on-demand", 0) + live.get("spot", 0) + 1
    wanted = min(base, total) + math.ceil(max(0, total - base) * percentage / 100)
    return "on-demand" if live.get("on-demand", 0) < wanted else "spot"


def _choices(overrides: Sequence[Record]) -> list[dict[str, Any]]:
    """The overrides with a type each; one that states requirements stands for the types that meet them."""
    found: list[dict[str, Any]] = []
    for override in overrides:
        if override.get("InstanceRequirements"):
            found += [{**override, "InstanceType": name} for name in matching_types(override["InstanceRequirements"])]
        else:
            found.append(dict(override))
    return found


def _choose_type(
    choices: Sequence[dict[str, Any]], distribution: Record, lifecycle: str, live: Sequence[Record]
) -> dict[str, Any]:
    if not choices:
        return {}
    on_demand = distribution.get("OnDemandAllocationStrategy") or "prioritized"
    strategy = str(
        on_demand if lifecycle == "on-demand" else distribution.get("SpotAllocationStrategy") or "lowest-price"
    )
    if "prioritized" in strategy:
        return choices[0]
    pools = int(distribution.get("SpotInstancePools") or 2) if strategy == "lowest-price" else len(choices)
    used = Counter(m.get("InstanceType") for m in live if m.get("Lifecycle") == lifecycle)
    return min(choices[: max(1, pools)], key=lambda choice: used[choice.get("InstanceType")])


def victims(group: Record, members: Sequence[Record], surplus: int) -> list[str]:
    """Which members end when the group shrinks, by its termination policies; protected ones never do."""
    left = [m for m in members if not m.get("ProtectedFromScaleIn")]
    chosen: list[str] = []
    while surplus > 0:
        fitting = [m for m in left if weight(m) <= surplus]
        if not fitting:
            break
        victim = _victim(group.get("TerminationPolicies") or ["Default"], fitting, left)
        left.remove(victim)
        surplus -= weight(victim)
        chosen.append(victim["InstanceId"])
    return chosen


def _victim(policies: Sequence[str], fitting: Sequence[Record], left: Sequence[Record]) -> Record:
    per_zone = Counter(m["AvailabilityZone"] for m in left)
    fullest = max(per_zone[m["AvailabilityZone"]] for m in fitting)
    rest = [m for m in fitting if per_zone[m["AvailabilityZone"]] == fullest]
    for policy in policies:
        if policy in ("OldestLaunchTemplate", "OldestLaunchConfiguration", "Default"):
            oldest = min(_version(m) for m in rest)
            rest = [m for m in rest if _version(m) == oldest]
        if policy == "NewestInstance":
            return max(rest, key=lambda m: m.get("Launched", 0))
        if policy in ("OldestInstance", "Default", "ClosestToNextInstanceHour"):
            break
    return min(rest, key=lambda m: m.get("Launched", 0))


def _version(member: Record) -> int:
    version = str((member.get("LaunchTemplate") or {}).get("Version") or "0")
    return int(version) if version.isdigit() else 0
