"""Auto Scaling groups: spread, replacement of sick instances, and Spot."""

from __future__ import annotations

from collections.abc import Iterator

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.rules.instances import GROUP
from refarch.gate.policy.values import UNKNOWN, at, entries, intrinsic, is_off, number
from refarch.gate.policy.view import Resource, Template

_GOOD = ("price-capacity-optimized", "capacity-optimized", "capacity-optimized-prioritized")


def _overrides(group: Resource) -> list[object]:
    return list(entries(group.get("MixedInstancesPolicy.LaunchTemplate.Overrides")))


@rule(
    "ASG-ZONES",
    "All instances of a group are in one zone",
    control=36,
    anchor="CT.AUTOSCALING.PR.1, F AutoScaling.2",
    severity="warning",
    remedy="name subnets of two zones or more",
)
def zones(template: Template) -> Iterator[Fault]:
    for group in template.of_type(GROUP):
        for path in ("VPCZoneIdentifier", "AvailabilityZones"):
            given = group.raw(path)
            if isinstance(given, list) and len(given) == 1 and not _may_be_many(given[0]):
                yield fault(group, f"{path} has one entry", path)


def _may_be_many(value: object) -> bool:
    """A parameter or a split text may stand for many."""
    return (found := intrinsic(value)) is not None and found[0] not in ("Ref", "Fn::GetAtt", "Fn::Select")


@rule(
    "ASG-HEALTH",
    "An instance that the load balancer calls sick stays",
    control=36,
    anchor="CT.AUTOSCALING.PR.8, F AutoScaling.1",
    remedy="set HealthCheckType to ELB (with a grace period)",
)
def health(template: Template) -> Iterator[Fault]:
    for group in template.of_type(GROUP):
        behind = group.raw("TargetGroupARNs") or group.raw("LoadBalancerNames")
        if behind and "ELB" not in str(group.get("HealthCheckType")) and group.get("HealthCheckType") is not UNKNOWN:
            yield fault(group, f"HealthCheckType is {group.get('HealthCheckType') or 'EC2'}", "HealthCheckType")


@rule(
    "ASG-SPOT-TYPES",
    "A Spot group depends on one instance type",
    control=36,
    anchor="CT.AUTOSCALING.PR.4, F AutoScaling.6",
    remedy="name four types or more, or say what is needed with InstanceRequirements",
)
def spot_types(template: Template) -> Iterator[Fault]:
    for group in _spot_groups(template):
        overrides = _overrides(group)
        if len(overrides) == 1 and at(overrides[0], "InstanceRequirements") is None:
            yield fault(group, "one type in Overrides", "MixedInstancesPolicy.LaunchTemplate.Overrides")


@rule(
    "ASG-SPOT-STRATEGY",
    "Spot instances come from the pools that are about to run out",
    control=37,
    severity="warning",
    remedy="set SpotAllocationStrategy to price-capacity-optimized",
)
def spot_strategy(template: Template) -> Iterator[Fault]:
    for group in _spot_groups(template):
        strategy = group.get("MixedInstancesPolicy.InstancesDistribution.SpotAllocationStrategy")
        if strategy not in (*_GOOD, UNKNOWN):
            yield fault(group, f"SpotAllocationStrategy is {strategy or 'lowest-price'}", "MixedInstancesPolicy")


@rule(
    "ASG-SPOT-REBALANCE",
    "A Spot instance is replaced only when it is gone",
    control=37,
    profile="regulated",
    severity="warning",
    remedy="set CapacityRebalance to true",
)
def spot_rebalance(template: Template) -> Iterator[Fault]:
    for group in _spot_groups(template):
        if is_off(group.get("CapacityRebalance")):
            yield fault(group, "CapacityRebalance is not true", "CapacityRebalance")


def _spot_groups(template: Template) -> Iterator[Resource]:
    for group in template.of_type(GROUP):
        distribution = group.get("MixedInstancesPolicy.InstancesDistribution")
        above = number(at(distribution, "OnDemandPercentageAboveBaseCapacity"))
        if distribution not in (None, UNKNOWN) and above is not None and above < 100:
            yield group
