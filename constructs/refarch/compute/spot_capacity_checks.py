"""What can be wrong with the props of `SpotCapacity`: every problem at once, and no token is ever compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import MutableMapping, Sequence
from ipaddress import IPv4Network
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2

from refarch._shared.checks import Problems, is_known
from refarch._shared.durations import DAY, length
from refarch.compute import instance_types as table

if TYPE_CHECKING:
    from refarch.compute.spot_capacity_props import ScheduledSize, SpotCapacityProps

_FEWEST_ZONES = 2
_SELECTION = ("availability_zones", "one_per_az", "subnet_filters", "subnet_group_name", "subnets", "subnet_type")
_selected: MutableMapping[ec2.IVpc, dict[tuple[object, ...], ec2.SelectedSubnets]] = WeakKeyDictionary()
_MOST_TYPES = 40
_LARGEST_GROUP = 10_000


def find_problems(props: SpotCapacityProps) -> None:
    """Raises `InvalidPropsError` with everything that is wrong."""
    problems = Problems("SpotCapacityProps")
    _types(problems, props)
    _sizes(problems, props)
    _network(problems, props)
    problems.between("root_volume_gb", props.root_volume_gb, 8, 16_384, "GiB")
    problems.between("metadata_hop_limit", props.metadata_hop_limit, 1, 64)
    _price(problems, props)
    _seconds(problems, "health_check_grace", props.health_check_grace, 0, 7200)
    _seconds(problems, "warmup", props.warmup, 0, 3600)
    lifetime = props.max_instance_lifetime
    if lifetime is not None and (known := length(lifetime, DAY)) is not None:
        problems.between("max_instance_lifetime", known, 1, 365, "days")
    _refresh(problems, props)
    _schedules(problems, props.schedules)
    problems.raise_any()


def known_zones(props: SpotCapacityProps) -> list[str] | None:
    """The zones of the chosen subnets; None while a context lookup is pending, or where deployment decides."""
    try:
        selected = select_subnets(props.vpc, props.chosen_subnets)
    except RuntimeError:  # the CDK finds no such subnets, and will say so better than this
        return None
    zones = selected.availability_zones
    return None if selected.is_pending_lookup or not is_known(zones) else zones


def select_subnets(vpc: ec2.IVpc, subnets: ec2.SubnetSelection) -> ec2.SelectedSubnets:
    """The subnets of a selection; `RuntimeError` where the VPC has no such. The CDK is asked once for each: an answer
    is seven calls into Node."""
    asked = {name: getattr(subnets, name) for name in _SELECTION}
    key = tuple(tuple(each) if isinstance(each, list) else each for each in asked.values())
    known = _selected.setdefault(vpc, {})
    if key not in known:
        known[key] = vpc.select_subnets(**asked)
    return known[key]


def _types(problems: Problems, props: SpotCapacityProps) -> None:
    if props.architecture:
        problems.one_of("architecture", props.architecture, table.ARCHITECTURES)
    for name, architecture in props.further_types.items():
        problems.one_of(f"further_types[{name!r}]", architecture, table.ARCHITECTURES)
    if props.instance_requirements is not None:
        problems.check(not props.instance_types, "instance_types", [*props.instance_types], "none with requirements")
        return
    problems.check(len(props.instance_types) <= _MOST_TYPES, "instance_types", len(props.instance_types), "at most 40")
    for name in filter(is_known, props.instance_types):
        if allowed := table.complaint(name, props.further_types):
            problems.add("instance_types", name, allowed)
    twice = [name for name, count in Counter(filter(is_known, props.instance_types)).items() if count > 1]
    problems.check(not twice, "instance_types", twice, "each type once")
    _architectures(problems, props)


def _architectures(problems: Problems, props: SpotCapacityProps) -> None:
    """One image boots on one architecture."""
    found = table.architectures_of(props.instance_types, props.further_types)
    if len(found) > 1:
        problems.add("instance_types", found, "types of one architecture: one image boots on no other")
    elif props.architecture and found and props.architecture not in found:
        problems.add("architecture", props.architecture, f"{next(iter(found))}, as instance_types, or leave it out")


def _sizes(problems: Problems, props: SpotCapacityProps) -> None:
    low, high, base = props.min_capacity, props.max_capacity, props.on_demand_base
    problems.between("min_capacity", low, 0, _LARGEST_GROUP)
    problems.between("max_capacity", high, 1, _LARGEST_GROUP)
    problems.between("on_demand_percentage", props.on_demand_percentage, 0, 100, "percent")
    problems.between("on_demand_base", base, 0, _LARGEST_GROUP)
    if is_known(high):
        if is_known(low) and 0 <= high < low:
            problems.add("min_capacity", low, f"at most max_capacity ({high})")
        if is_known(base) and 0 <= high < base:
            problems.add("on_demand_base", base, f"at most max_capacity ({high})")


def _network(problems: Problems, props: SpotCapacityProps) -> None:
    zones = known_zones(props)
    if zones is not None and len(set(zones)) < _FEWEST_ZONES:
        problems.add("vpc_subnets", sorted(set(zones)), "subnets in two zones or more: one zone is one market")
    open_ = [network for network in props.ssh_from if is_known(network) and not _narrow(network)]
    problems.check(not open_, "ssh_from", open_, "IPv4 networks (203.0.113.0/24), and never all addresses")
    if props.ssh_from:
        problems.check(props.key_pair is not None, "ssh_from", [*props.ssh_from], "none without key_pair")
        problems.check(not props.security_groups, "ssh_from", [*props.ssh_from], "none with security_groups")


def _narrow(network: str) -> bool:
    try:
        return IPv4Network(network).prefixlen > 0
    except ValueError:
        return False


def _price(problems: Problems, props: SpotCapacityProps) -> None:
    if props.spot_max_price and is_known(props.spot_max_price):
        whole, _, fraction = props.spot_max_price.partition(".")
        digits = f"{whole}{fraction}"
        holds = digits.isascii() and digits.isdigit() and float(props.spot_max_price) > 0
        problems.check(holds, "spot_max_price", props.spot_max_price, "US dollars an hour (0.05), or empty")


def _refresh(problems: Problems, props: SpotCapacityProps) -> None:
    overrides = props.refresh_overrides
    problems.check(
        props.refresh_on_change or not overrides, "refresh_overrides", dict(overrides), "none without refresh_on_change"
    )
    least, most = overrides.get("min_healthy_percentage", 100), overrides.get("max_healthy_percentage", 110)
    problems.between("min_healthy_percentage", least, 0, 100, "percent")
    problems.between("max_healthy_percentage", most, 100, 200, "percent")
    if is_known(least) and is_known(most) and most - least > 100:
        problems.add("max_healthy_percentage", most, f"at most 100 above min_healthy_percentage ({least})")


def _schedules(problems: Problems, schedules: Sequence[ScheduledSize]) -> None:
    ids: list[str] = []
    for each in schedules:
        ids.append(each.id)
        sizes = (each.min_capacity, each.desired_capacity, each.max_capacity)
        name = f"schedules[{each.id!r}]"
        problems.check(any(size is not None for size in sizes), name, "without a size", "at least one of three sizes")
        problems.check(each.id.isascii() and each.id.isalnum(), f"{name}.id", each.id, "letters and digits")
        known = [size for size in sizes if size is not None and is_known(size)]
        holds = known == sorted(known) and all(0 <= size <= _LARGEST_GROUP for size in known)
        problems.check(holds, name, known, "0 to 10000, min_capacity <= desired_capacity <= max_capacity")
    twice = [id for id, count in Counter(ids).items() if count > 1]
    problems.check(not twice, "schedules", twice, "each id once")


def _seconds(problems: Problems, name: str, value: Duration, low: int, high: int) -> None:
    if (known := length(value)) is not None:
        problems.between(name, known, low, high, "seconds")
