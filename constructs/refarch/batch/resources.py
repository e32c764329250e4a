"""vCPUs and memory that AWS Batch accepts for a job. No AWS.

Source: "resourceRequirements" of a container's job definition in the AWS Batch API reference.
"""

from __future__ import annotations

from collections.abc import Sequence

EC2, FARGATE = "EC2", "FARGATE"
PLATFORMS = (EC2, FARGATE)
# vCPUs of a Fargate job, to (least, most, step) of its MiB. The first sizes have lists of their own.
_FARGATE: dict[float, Sequence[int]] = {
    0.25: (512, 1024, 2048),
    0.5: range(1024, 4096 + 1, 1024),
    1: range(2048, 8192 + 1, 1024),
    2: range(4096, 16_384 + 1, 1024),
    4: range(8192, 30_720 + 1, 1024),
    8: range(16_384, 61_440 + 1, 4096),
    16: range(32_768, 122_880 + 1, 8192),
}
_LEAST_MEMORY = 4


def pair_complaints(platform: str, vcpus: float, memory_mib: int) -> list[tuple[str, float, str]]:
    """(field, value, what is allowed) for what Batch would refuse; empty where it accepts the pair."""
    if platform == FARGATE:
        return _fargate(vcpus, memory_mib)
    found: list[tuple[str, float, str]] = []
    if vcpus < 1 or vcpus != int(vcpus):
        found.append(("vcpus", vcpus, "a whole number, 1 or more (EC2)"))
    if memory_mib < _LEAST_MEMORY:
        found.append(("memory_mib", memory_mib, f"{_LEAST_MEMORY} MiB or more"))
    return found


def _fargate(vcpus: float, memory_mib: int) -> list[tuple[str, float, str]]:
    if vcpus not in _FARGATE:
        return [("vcpus", vcpus, f"one of {', '.join(f'{each:g}' for each in _FARGATE)} (Fargate)")]
    sizes = _FARGATE[vcpus]
    if memory_mib in sizes:
        return []
    step = f" in steps of {sizes[1] - sizes[0]}" if isinstance(sizes, range) else f": {', '.join(map(str, sizes))}"
    return [("memory_mib", memory_mib, f"{sizes[0]} to {sizes[-1]}{step} with {vcpus:g} vCPUs (Fargate)")]
