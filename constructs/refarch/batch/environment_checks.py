"""What can be wrong with the props of `BatchEnvironment`: every problem at once, and no token is ever compared."""

from __future__ import annotations

from collections import Counter
from difflib import get_close_matches
from typing import TYPE_CHECKING

from aws_cdk import Duration

from refarch._shared.checks import Problems, is_known
from refarch._shared.durations import length
from refarch.compute import instance_types as table

if TYPE_CHECKING:
    from refarch.batch.environment_props import BatchEnvironmentProps, FairShare, QueueProps

OPTIMAL = "optimal"
CAPACITIES = ("spot-first", "spot-only", "on-demand-only")
_MOST_VCPUS = 1_000_000
_SHORTEST_LIMIT, _LONGEST_LIMIT = 600, 86_400


def find_problems(props: BatchEnvironmentProps) -> None:
    """Raises `InvalidPropsError` with everything that is wrong."""
    problems = Problems("BatchEnvironmentProps")
    problems.one_of("architecture", props.architecture, table.ARCHITECTURES)
    _types(problems, props)
    problems.between("max_vcpus", props.max_vcpus, 1, _MOST_VCPUS)
    problems.between("max_on_demand_vcpus", props.max_on_demand_vcpus, 0, _MOST_VCPUS)
    problems.between("root_volume_gb", props.root_volume_gb, 30, 16_384, "GiB")
    _scratch(problems, props)
    _queues(problems, props)
    for name in ("runnable_limit", "capacity_limit"):
        _limit(problems, name, getattr(props, name))
    problems.raise_any()


def family_complaint(name: str, architecture: str, further: tuple[str, ...]) -> str:
    """Why Batch cannot use a family or type with this architecture, and what it can; empty where it can."""
    if name == OPTIMAL:
        return "" if architecture == table.X86_64 else f"families of {architecture}: {OPTIMAL} has x86_64 alone"
    known = table.known_types()
    families = {each.partition(".")[0]: found for each, found in known.items()} | dict.fromkeys(further, architecture)
    found = known.get(name) or families.get(name if "." not in name else "")
    if found is None:
        near = get_close_matches(name, [*families, *known], n=3, cutoff=0.6)
        perhaps = f" (perhaps {', '.join(near)})" if near else ""
        return f"a known family or type{perhaps}, {OPTIMAL}, or a family that further_families names"
    return "" if found == architecture else f"families of {architecture}, as architecture says; it is {found}"


def _types(problems: Problems, props: BatchEnvironmentProps) -> None:
    if props.architecture not in table.ARCHITECTURES:
        return
    for name in filter(is_known, props.instance_types):
        if allowed := family_complaint(name, props.architecture, tuple(props.further_families)):
            problems.add("instance_types", name, allowed)
    twice = [name for name, count in Counter(filter(is_known, props.instance_types)).items() if count > 1]
    problems.check(not twice, "instance_types", twice, "each once")


def _scratch(problems: Problems, props: BatchEnvironmentProps) -> None:
    scratch = props.scratch
    if scratch is None:
        return
    for name in ("host_folder", "container_folder"):
        folder = getattr(scratch, name)
        problems.check(folder.startswith("/") and len(folder) > 1, f"scratch.{name}", folder, "an absolute path")
    if scratch.on_ebs:
        problems.between("scratch.size_gb", scratch.size_gb, 1, 65_536, "GiB")
        problems.between("scratch.iops", scratch.iops, 3000, 80_000)
        problems.between("scratch.throughput", scratch.throughput, 125, 2000, "MiB/s")


def _queues(problems: Problems, props: BatchEnvironmentProps) -> None:
    problems.check(bool(props.queues), "queues", [], "at least one")
    twice = [id for id, count in Counter(each.id for each in props.queues).items() if count > 1]
    problems.check(not twice, "queues", twice, "each id once")
    for queue in props.queues:
        _queue(problems, queue, props)


def _queue(problems: Problems, queue: QueueProps, props: BatchEnvironmentProps) -> None:
    name = f"queues[{queue.id!r}]"
    problems.check(queue.id.isascii() and queue.id.isalnum(), f"{name}.id", queue.id, "letters and digits")
    problems.between(f"{name}.priority", queue.priority, 0, 1_000_000)
    problems.one_of(f"{name}.capacity", queue.capacity, CAPACITIES)
    none = is_known(props.max_on_demand_vcpus) and props.max_on_demand_vcpus == 0
    if queue.capacity == "on-demand-only" and none:
        problems.add(f"{name}.capacity", queue.capacity, "spot-first or spot-only: max_on_demand_vcpus is 0")
    if queue.fair_share is not None:
        _fair_share(problems, f"{name}.fair_share", queue.fair_share)


def _fair_share(problems: Problems, name: str, share: FairShare) -> None:
    problems.between(f"{name}.compute_reservation", share.compute_reservation, 0, 99, "percent")
    for each, weight in share.weights.items():
        problems.between(f"{name}.weights[{each!r}]", weight, 0.0001, 999.9999)
        plain = each.removesuffix("*")
        problems.check(
            plain.isascii() and plain.isalnum(), f"{name}.weights", each, "letters and digits, perhaps a * at the end"
        )
    if (decay := length(share.decay)) is not None:
        problems.between(f"{name}.decay", decay, 0, 604_800, "seconds")


def _limit(problems: Problems, name: str, value: Duration) -> None:
    if (known := length(value)) is not None:
        problems.between(name, known, _SHORTEST_LIMIT, _LONGEST_LIMIT, "seconds")
