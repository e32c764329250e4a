"""How many threads and how much memory the job may use: its own limits, not those of the machine it shares.

The original asked for 76 GB in Isaac, 28 in Strelka and 4 in snpEff whatever the job had; a job with less memory was
killed, one with more paid for what it did not use.
"""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024
TOOL_SHARE = 76 * 1024 / 80_000
"""Isaac's 76 GiB of a container of 80,000 MiB, as the posts have it: the rest is for this program and the kernel."""
JAVA_SHARE = 0.8
"""A Java heap needs room beside it for threads, code and buffers."""
_CGROUP = Path("/sys/fs/cgroup")
_METADATA = "ECS_CONTAINER_METADATA_URI_V4"

Reader = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`vcpus` of the job (at least 1) and `memory_mib` of its container."""

    vcpus: int
    memory_mib: int

    @property
    def tool_gib(self) -> int:
        """Memory that a tool may be told to use, in whole GiB, at least 1."""
        return max(1, int(self.memory_mib * TOOL_SHARE / 1024))

    @property
    def heap_mib(self) -> int:
        """The largest Java heap, in MiB."""
        return max(64, int(self.memory_mib * JAVA_SHARE))

    def sort_mib(self, threads: int) -> int:
        """Memory for each thread of a sort that runs beside an aligner: a third of the job's, 64 to 4,096 MiB."""
        return min(4096, max(64, int(self.memory_mib / 3 / threads)))


def find_limits(
    environment: Mapping[str, str] | None = None, read: Reader | None = None, fetch: Reader | None = None
) -> Limits:
    """What REFARCH_VCPUS and REFARCH_MEMORY_MIB say, else ECS, else the control group, else the machine.

    ECS knows both; the control group of an instance's container has only its memory, as vCPUs are shares there.
    """
    environment = os.environ if environment is None else environment
    read, fetch = read or _read, fetch or _fetch
    told = [_number(environment.get(name)) for name in ("REFARCH_VCPUS", "REFARCH_MEMORY_MIB")]
    found = (
        told
        if all(told)
        else [mine or theirs for mine, theirs in zip(told, _metadata(environment, fetch), strict=True)]
    )
    vcpus, memory = found
    return Limits(
        vcpus=max(1, int(vcpus or _quota(read) or os.cpu_count() or 1)),
        memory_mib=int(memory or _group_memory(read) or _machine_memory()),
    )


def _metadata(environment: Mapping[str, str], fetch: Reader) -> list[float | None]:
    """vCPUs and MiB as the ECS agent tells them; its CPU units are 1,024 a vCPU."""
    address = environment.get(_METADATA)
    if not address:
        return [None, None]
    try:
        limits = json.loads(fetch(address)).get("Limits", {})
    except (OSError, ValueError):
        return [None, None]
    units, memory = (_number(limits.get(name)) for name in ("CPU", "Memory"))
    return [units / 1024 if units and units >= 1024 else None, memory]


def _quota(read: Reader) -> float | None:
    quota, _, period = read("cpu.max").partition(" ")
    return float(quota) / float(period) if quota.isdigit() and period.strip().isdigit() else None


def _group_memory(read: Reader) -> float | None:
    found = read("memory.max").strip()
    return int(found) / MIB if found.isdigit() else None


def _machine_memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / MIB


def _number(text: object) -> float | None:
    try:
        number = float(str(text))
    except ValueError:
        return None
    return number if 0 < number < 1e9 else None


def _read(name: str) -> str:
    try:
        return (_CGROUP / name).read_text()
    except OSError:
        return ""


def _fetch(address: str) -> str:
    with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310 - the agent's own address, from ECS
        return str(answer.read().decode())
