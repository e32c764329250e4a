"""Instance types that a Spot group may name: a reviewed table of families, their processors and their sizes. No AWS.

General purpose, compute, memory and storage families that Amazon Linux 2023 boots on. Left out: a1 (its processor is
too old for Amazon Linux 2023), Mac, bare metal, HPC and accelerated instances: `SpotCapacityProps.further_types` takes
what is not here. Reviewed 2026-11 against the instance types that cfn-lint 1.58 knows; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache

ARM64 = "arm64"
X86_64 = "x86_64"
ARCHITECTURES = (ARM64, X86_64)

# Two generations of three families, in (nearly) every region; of `large`, the smallest size that most of them share.
DEFAULT_TYPES: Mapping[str, tuple[str, ...]] = {
    ARM64: ("m6g.large", "m7g.large", "c6g.large", "c7g.large", "r6g.large", "r7g.large"),
    X86_64: ("m5.large", "m6i.large", "c5.large", "c6i.large", "r5.large", "r6i.large"),
}

_BURSTABLE = "nano micro small medium large xlarge 2xlarge"
_GRAVITON_2 = "medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"
_GRAVITON_4 = f"{_GRAVITON_2} 24xlarge 48xlarge"
_TO_8 = "large xlarge 2xlarge 4xlarge 8xlarge"
_TO_24 = f"{_TO_8} 12xlarge 16xlarge 24xlarge"
_TO_32 = f"{_TO_24} 32xlarge"
_TO_48 = f"{_TO_32} 48xlarge"

# (processor, families, sizes)
_TABLE = (
    (ARM64, "t4g", _BURSTABLE),
    (ARM64, "c6g c6gd c6gn c7g c7gd c7gn m6g m6gd m7g m7gd r6g r6gd r7g r7gd x2gd", _GRAVITON_2),
    (ARM64, "c8g c8gb c8gd c8gn c9g c9gd m8g m8gb m8gd m8gn m9g m9gd", _GRAVITON_4),
    (ARM64, "r8g r8gb r8gd r8gn r9g r9gd x8g", _GRAVITON_4),
    (ARM64, "i4g im4gn", f"{_TO_8} 16xlarge"),
    (ARM64, "i8g", f"{_TO_24} 48xlarge"),
    (X86_64, "t2 t3 t3a", _BURSTABLE),
    (X86_64, "m3", "medium large xlarge 2xlarge"),
    (X86_64, "c3 c4 r3", _TO_8),
    (X86_64, "m4", "large xlarge 2xlarge 4xlarge 10xlarge 16xlarge"),
    (X86_64, "i3 r4", f"{_TO_8} 16xlarge"),
    (X86_64, "c5 c5d", "large xlarge 2xlarge 4xlarge 9xlarge 12xlarge 18xlarge 24xlarge"),
    (X86_64, "c5n", "large xlarge 2xlarge 4xlarge 9xlarge 18xlarge"),
    (X86_64, "c5a c5ad m5 m5a m5ad m5d m5dn m5n r5 r5a r5ad r5b r5d r5dn r5n", _TO_24),
    (X86_64, "m5zn z1d", "large xlarge 2xlarge 3xlarge 6xlarge 12xlarge"),
    (X86_64, "i3en", "large xlarge 2xlarge 3xlarge 6xlarge 12xlarge 24xlarge"),
    (X86_64, "c6i c6id c6in i4i m6i m6id m6idn m6in r6i r6id r6idn r6in", _TO_32),
    (X86_64, "c6a m6a r6a", _TO_48),
    (X86_64, "c7i i7i m7i r7i", f"{_TO_24} 48xlarge"),
    (X86_64, "c7i-flex c8i-flex m7i-flex m8i-flex r8i-flex", f"{_TO_8} 12xlarge 16xlarge"),
    (X86_64, "c7a m7a r7a", f"medium {_TO_48}"),
    (X86_64, "c8a m8a r8a", f"medium {_TO_24} 48xlarge"),
    (X86_64, "c8i c8ib c8id c8in m8i m8ib m8id m8idb m8idn m8in", f"{_TO_48} 96xlarge"),
    (X86_64, "r8i r8ib r8id r8idb r8idn r8in", f"{_TO_48} 96xlarge"),
)


_SMALL = dict.fromkeys(("nano", "micro", "small", "medium", "large"), 2)


@cache
def known_types() -> Mapping[str, str]:
    """Every instance type of the table, to its processor architecture (`arm64` or `x86_64`)."""
    return {
        f"{family}.{size}": architecture
        for architecture, families, sizes in _TABLE
        for family in families.split()
        for size in sizes.split()
    }


def processors(name: str) -> int:
    """Virtual processors of an instance type of the table, by its size. Source: EC2's list of instance types."""
    family, _, size = name.partition(".")
    if size.endswith("xlarge"):
        return 4 * int(size.removesuffix("xlarge") or 1)
    small = {"t2": {"medium": 2, "large": 2}, "t3": _SMALL, "t3a": _SMALL, "t4g": _SMALL}.get(family, {"large": 2})
    return small.get(size, 1)


def architectures_of(names: Sequence[str], further: Mapping[str, str]) -> dict[str, list[str]]:
    """The known ones of `names` by architecture. `further` adds types to the table."""
    known = {**known_types(), **further}
    found: dict[str, list[str]] = {}
    for name in names:
        if name in known:
            found.setdefault(known[name], []).append(name)
    return found


def complaint(name: str, further: Mapping[str, str]) -> str:
    """Why an instance type cannot be used, and what can be instead; empty where it can."""
    known = {**known_types(), **further}
    if name in known:
        return ""
    if name.startswith("a1."):
        return "a type that Amazon Linux 2023 boots on (a1 is too old for it: m6g, c6g or t4g)"
    near = get_close_matches(name, known, n=3, cutoff=0.6)
    perhaps = f" (perhaps {', '.join(near)})" if near else ""
    return f"a known type{perhaps}, or one that further_types names"
