"""What runs programs: functions, instances, groups of them, containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.cost.context import HOURS, Case, Lines, NoPrice, figure
from refarch.gate.cost.model import Line
from refarch.gate.policy.values import entries, is_on, number
from refarch.gate.policy.view import Resource
from refarch.prices import spot_discount

_MEGABYTES = 1024
_FREE_STORAGE = 512
_DISK = 8.0
"""GB of a root volume that nobody stated; the usual AMIs have 8 to 30."""
_FARGATE = {"X86_64": "fargate_x86_64", "ARM64": "fargate_arm64"}


def function(case: Case) -> Lines:
    """Lambda: requests, and gigabyte-seconds of its memory and processor."""
    requests = case.quantity("requests", 1_000_000)
    milliseconds = case.quantity("milliseconds", 200)
    memory = case.number("MemorySize", 128) / _MEGABYTES
    chip = "lambda_arm64" if "arm64" in [*case.resource.entries("Architectures")] else "lambda_x86_64"
    compute, request = case.prices.service(f"{chip}.gigabyte_second"), case.prices.service("lambda.request")
    seconds = requests * milliseconds / 1000 * memory
    yield case.ranged("requests", 0, requests * request.usd, f"{figure(requests)} × {figure(request.usd)} USD")
    note = f"{figure(requests)} × {figure(milliseconds)} ms × {memory:.4g} GB"
    yield case.ranged("compute", 0, seconds * compute.usd, note)
    if (disk := case.number("EphemeralStorage.Size", _FREE_STORAGE)) > _FREE_STORAGE:
        extra = (disk - _FREE_STORAGE) / _MEGABYTES * requests * milliseconds / 1000
        price = case.prices.service("lambda.storage_gigabyte_second")
        yield case.ranged(
            "temporary storage", 0, extra * price.usd, f"{extra:,.0f} GB-seconds", confirmed=price.confirmed
        )


def instance(case: Case) -> Lines:
    """One EC2 instance that runs all the time."""
    kind = case.resource.get("InstanceType")
    hourly = case.prices.instance(kind) if isinstance(kind, str) else None
    if hourly is None:
        raise NoPrice(f"no price for instance type {_shown(kind)}")
    yield case.ranged("instance", hourly * HOURS, hourly * HOURS, f"{kind}, 730 h × {hourly:g} USD")
    yield _disks(case, case.resource.raw("BlockDeviceMappings"), 1, 1)


def group(case: Case) -> Lines:
    """An Auto Scaling group: from its least size to its most, the cheapest of its types to the dearest."""
    kinds = sorted({*_kinds(case)})
    hourly = {kind: price for kind in kinds if (price := case.prices.instance(kind)) is not None}
    if not hourly:
        raise NoPrice(f"no price for instance types {', '.join(kinds) or 'that are not stated'}")
    least, most = case.number("MinSize", 0), max(case.number("MinSize", 0), case.number("MaxSize", 0))
    most = case.quantity("instances", most)
    cheap, dear = min(hourly.values()), max(hourly.values())
    share, words = _spot(case, hourly)
    base = case.number("MixedInstancesPolicy.InstancesDistribution.OnDemandBaseCapacity", 0) if words else 0.0
    idle, busy = (_paid(count, base, share) * HOURS for count in (least, most))
    note = f"{least:g} to {most:g} instances, {cheap:g} to {dear:g} USD/h{words}"
    yield case.ranged("instances", idle * cheap, busy * dear, note)
    if _public(case):
        yield _addresses(case, least, most)
    mappings = [each.raw("LaunchTemplateData.BlockDeviceMappings") for each in _templates(case)]
    mappings += [each.raw("BlockDeviceMappings") for each in _configurations(case)]
    yield _disks(case, mappings, least, most)


def _paid(count: float, base: float, share: float) -> float:
    """Instances at the full price: the On-Demand base counts whole, the others by the share that is paid for them."""
    return min(count, base) + max(0.0, count - base) * share


def _public(case: Case) -> bool:
    """Whether its instances are told to take public addresses; what a subnet gives by itself is not seen."""
    interfaces = [
        each for template in _templates(case) for each in template.entries("LaunchTemplateData.NetworkInterfaces")
    ]
    asked = [each.get("AssociatePublicIpAddress") for each in interfaces if isinstance(each, Mapping)]
    return any(map(is_on, [*asked, *(each.get("AssociatePublicIpAddress") for each in _configurations(case))]))


def _addresses(case: Case, least: float, most: float) -> Line:
    price = case.prices.service("public_ipv4.hour")
    note = f"{least:g} to {most:g} × 730 h × {price.usd:g} USD"
    return case.ranged(
        "public IPv4 addresses", least * HOURS * price.usd, most * HOURS * price.usd, note, confirmed=price.confirmed
    )


def _templates(case: Case) -> Iterator[Resource]:
    paths = ("LaunchTemplate", "MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification")
    names = case.view.targets([case.resource.raw(each) for each in paths])
    for name in sorted(names):
        if case.view.resources[name].type == "AWS::EC2::LaunchTemplate":
            yield case.view.resources[name]
            return


def _configurations(case: Case) -> Iterator[Resource]:
    for name in sorted(case.view.targets(case.resource.raw("LaunchConfigurationName"))):
        yield case.view.resources[name]


def _kinds(case: Case) -> Iterator[str]:
    overrides = [
        each.get("InstanceType")
        for each in case.resource.entries("MixedInstancesPolicy.LaunchTemplate.Overrides")
        if isinstance(each, Mapping)
    ]
    found = [each for each in overrides if isinstance(each, str)]
    own = [each.get("LaunchTemplateData.InstanceType") for each in _templates(case)]
    launched = [each.get("InstanceType") for each in _configurations(case)]
    yield from found or [each for each in [*own, *launched] if isinstance(each, str)]


def _spot(case: Case, hourly: Mapping[str, float]) -> tuple[float, str]:
    """Share of the On-Demand price that is paid, and how that is assumed."""
    distribution = "MixedInstancesPolicy.InstancesDistribution"
    on_demand = case.resource.get("MixedInstancesPolicy") and case.number(
        f"{distribution}.OnDemandPercentageAboveBaseCapacity", 100
    )
    options = [each.get("LaunchTemplateData.InstanceMarketOptions.MarketType") for each in _templates(case)]
    if "spot" in options:
        on_demand = 0
    if on_demand is None or on_demand >= 100:
        return 1.0, ""
    saved = min(spot_discount(each).typical for each in hourly)
    share = on_demand / 100 + (1 - on_demand / 100) * (1 - saved)
    return share, f", Spot assumed {saved:.0%} below On-Demand"


def _disks(case: Case, mappings: Any, least: float, most: float) -> Line:
    sizes = [
        number(each["Ebs"].get("VolumeSize")) or _DISK
        for each in entries(mappings)
        if isinstance(each, Mapping) and isinstance(each.get("Ebs"), Mapping)
    ]
    price = case.prices.service("ebs_gp3.gigabyte_month")
    size = sum(sizes) or _DISK
    note = f"{size:g} GB × {price.usd:g} USD each" + ("" if sizes else ", size assumed")
    return case.ranged("volumes", least * size * price.usd, most * size * price.usd, note, confirmed=price.confirmed)


def service(case: Case) -> Lines:
    """An ECS service: on Fargate its tasks; on instances nothing, for these are paid as instances."""
    definition = next((each for each in _definitions(case)), None)
    if not _on_fargate(case, definition):
        return
    vcpus, memory = (number(definition.get(each)) if definition else None for each in ("Cpu", "Memory"))
    if vcpus is None or memory is None:
        raise NoPrice("size of its Fargate tasks is not stated")
    chip = _FARGATE.get(str(definition and definition.get("RuntimePlatform.CpuArchitecture")), _FARGATE["X86_64"])
    hourly = case.prices.service(f"{chip}.vcpu_hour").usd * vcpus / 1024
    hourly += case.prices.service(f"{chip}.gigabyte_hour").usd * memory / 1024
    least, most = _tasks(case)
    note = f"{least:g} to {most:g} tasks × {hourly:.4g} USD/h"
    yield case.ranged("Fargate tasks", least * hourly * HOURS, most * hourly * HOURS, note)


def _definitions(case: Case) -> Iterator[Resource]:
    for name in sorted(case.view.targets(case.resource.raw("TaskDefinition"))):
        if case.view.resources[name].type == "AWS::ECS::TaskDefinition":
            yield case.view.resources[name]


def _on_fargate(case: Case, definition: Resource | None) -> bool:
    if case.resource.get("LaunchType") is not None:
        return bool(case.resource.get("LaunchType") == "FARGATE")
    providers = [
        each.get("CapacityProvider")
        for each in case.resource.entries("CapacityProviderStrategy")
        if isinstance(each, Mapping)
    ]
    if any(isinstance(each, str) and each.startswith("FARGATE") for each in providers):
        return True
    compatible = [*definition.entries("RequiresCompatibilities")] if definition else []
    return not providers and compatible == ["FARGATE"]


def _tasks(case: Case) -> tuple[float, float]:
    """Tasks from idle to busy: what scaling may do, or the desired count."""
    desired = case.number("DesiredCount", 1)
    targets = list(case.view.users_of(case.resource, "AWS::ApplicationAutoScaling::ScalableTarget"))
    lows = [found for each in targets if (found := number(each.get("MinCapacity"))) is not None]
    highs = [found for each in targets if (found := number(each.get("MaxCapacity"))) is not None]
    low, high = min([desired, *lows]), max([desired, *highs])
    return low, max(low, case.quantity("tasks", high))


def batch(case: Case) -> Lines:
    """A Batch compute environment: vCPU-hours in the busy month, at the price of its instances or of Fargate."""
    hours = case.quantity("vcpu_hours", 100)
    kind = case.resource.get("ComputeResources.Type")
    if isinstance(kind, str) and kind.startswith("FARGATE"):
        vcpu, memory = (case.prices.service(f"fargate_x86_64.{each}").usd for each in ("vcpu_hour", "gigabyte_hour"))
        yield case.ranged("Fargate jobs", 0, hours * (vcpu + 2 * memory), f"{hours:,g} vCPU-hours with 2 GB each")
        return
    vcpu, note = (case.prices.instance("c7g.large") or 0.0) / 2, "at the price of c7g.large"
    saved = spot_discount("c7g").typical if kind == "SPOT" else 0.0
    words = f", Spot assumed {saved:.0%} below On-Demand" if saved else ""
    least = case.number("ComputeResources.MinvCpus", 0) * HOURS * vcpu * (1 - saved)
    yield case.ranged(
        "job instances", least, least + hours * vcpu * (1 - saved), f"{hours:,g} vCPU-hours {note}{words}"
    )


def _shown(kind: Any) -> str:
    return kind if isinstance(kind, str) else "that is decided at deployment"
