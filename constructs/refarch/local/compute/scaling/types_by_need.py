"""Instance types by what they have: a small table, enough to choose from requirements and to size a record.

Not AWS's catalogue: the common families, with the ratio of memory to vCPUs that their letter stands for.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any

FAMILIES = ("m5", "c5", "r5", "m6i", "c6i", "r6i", "m6g", "c6g", "r6g", "m7i", "c7i", "r7i", "m7g", "c7g", "r7g")
GIB_PER_VCPU = {"c": 2, "m": 4, "t": 4, "r": 8, "x": 16, "g": 4, "p": 8, "i": 8, "d": 8, "h": 8, "a": 2}
SMALL = {"nano": (2, 512), "micro": (2, 1024), "small": (2, 2048)}  # vCPUs and MiB of burstable types
BURSTABLE_VCPUS = 2
SIZES = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge")


def capacity_of(instance_type: str) -> tuple[int, int]:
    """(vCPUs, MiB of memory) of a type, computed from its name; 2 and 4096 for a name that says nothing."""
    family, _, size = instance_type.partition(".")
    ratio = GIB_PER_VCPU.get(family[:1], 4)
    if size in SMALL:
        return SMALL[size] if family.startswith("t") else (1, ratio * 1024)
    if size == "medium":
        return (BURSTABLE_VCPUS, 4096) if family.startswith("t") else (1, ratio * 1024)
    if size == "large":
        return 2, 8192 if family.startswith("t") else 2 * ratio * 1024
    if size.endswith("xlarge"):
        number = size.removesuffix("xlarge")
        vcpus = 4 * int(number) if number.isdigit() else 4
        return vcpus, vcpus * ratio * 1024
    return 2, 4096


def matching_types(requirements: Mapping[str, Any]) -> list[str]:
    """The types of the table that meet `InstanceRequirements` (vCPUs, memory, allowed and excluded), smallest first."""
    found = [
        name
        for name in (f"{family}.{size}" for size in SIZES for family in FAMILIES)
        if _within(requirements.get("VCpuCount"), capacity_of(name)[0])
        and _within(requirements.get("MemoryMiB"), capacity_of(name)[1])
        and _allowed(requirements, name)
    ]
    return sorted(found, key=lambda name: capacity_of(name)[0])


def _within(bounds: Mapping[str, Any] | None, value: int) -> bool:
    bounds = bounds or {}
    return int(bounds.get("Min") or 0) <= value <= int(bounds.get("Max") or value)


def _allowed(requirements: Mapping[str, Any], name: str) -> bool:
    allowed = requirements.get("AllowedInstanceTypes") or ["*"]
    excluded = requirements.get("ExcludedInstanceTypes") or []
    if any(fnmatch.fnmatch(name, pattern) for pattern in excluded):
        return False
    return any(fnmatch.fnmatch(name, pattern) for pattern in allowed)
