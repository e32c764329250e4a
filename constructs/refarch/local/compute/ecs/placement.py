"""Where a task goes, without AWS: the instances that can take it, spread over zones and then over instances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Need:
    """What one task takes: CPU units, MiB, fixed ports of the host. `distinct`: no instance gets two of the group."""

    cpu: int = 0
    memory: int = 0
    ports: frozenset[int] = frozenset()
    distinct: bool = False


@dataclass(frozen=True)
class Host:
    """A container instance and what is left on it. `of_group`: tasks of the group that is placed now."""

    key: str
    zone: str
    cpu: int
    memory: int
    active: bool = True
    connected: bool = True
    used_ports: frozenset[int] = field(default_factory=frozenset)
    of_group: int = 0
    tasks: int = 0


def why_not(host: Host, need: Need) -> str | None:
    """The reason that RunTask gives for passing over a host, or None."""
    if not host.active:
        return "INACTIVE"
    if not host.connected:
        return "AGENT"
    if host.cpu < need.cpu:
        return "RESOURCE:CPU"
    if host.memory < need.memory:
        return "RESOURCE:MEMORY"
    if host.used_ports & need.ports:
        return "RESOURCE:PORTS"
    return "PLACEMENT:DISTINCT" if need.distinct and host.of_group else None


def choose(hosts: Sequence[Host], need: Need) -> str | None:
    """The host that gets the task, None when none can take it."""
    fitting = [host for host in hosts if why_not(host, need) is None]
    if not fitting:
        return None
    per_zone: Counter[str] = Counter()
    for host in hosts:
        per_zone[host.zone] += host.of_group
    return min(fitting, key=lambda host: (per_zone[host.zone], host.of_group, host.tasks, host.key)).key


def need_of(definition: Mapping[str, Any], *, distinct: bool = False) -> Need:
    """What a task of this definition needs of its instance."""
    containers = definition.get("containerDefinitions") or []
    cpu = definition.get("cpu") or sum(int(one.get("cpu") or 0) for one in containers)
    reserved = sum(int(one.get("memoryReservation") or one.get("memory") or 0) for one in containers)
    mode = definition.get("networkMode") or "bridge"
    ports = {
        int(mapping.get("hostPort") or (mapping["containerPort"] if mode == "host" else 0))
        for one in containers
        for mapping in one.get("portMappings") or []
        if mode in ("bridge", "host", "default")
    }
    return Need(_units(cpu), _units(definition.get("memory") or reserved), frozenset(ports - {0}), distinct)


def _units(value: Any) -> int:
    """CPU units or MiB; definitions also say `1 vCPU` and `2 GB`."""
    text = str(value).lower().strip()
    for word, factor in (("vcpu", 1024), ("gb", 1024)):
        if text.endswith(word):
            return int(float(text.removesuffix(word)) * factor)
    return int(float(text or 0))


def hosts_needed(needs: Sequence[Need], cpu: int, memory: int) -> int:
    """How many empty hosts of a size these tasks fill, first fit. A task that no host can take counts for none."""
    free: list[list[int]] = []
    for need in sorted(needs, key=lambda one: (one.memory, one.cpu), reverse=True):
        if need.cpu > cpu or need.memory > memory:
            continue
        for host in free:
            if host[0] >= need.cpu and host[1] >= need.memory and not need.ports and not need.distinct:
                host[0] -= need.cpu
                host[1] -= need.memory
                break
        else:
            free.append([cpu - need.cpu, memory - need.memory])
    return len(free)
