"""Spot pools: what a group can choose from. No AWS.

A pool is one instance type in one zone. EC2 reclaims by pool, so a group that lives off few of them loses much at
once. Source: "Best practices for Amazon EC2 Spot": be flexible about instance types and zones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SAFE_POOLS = 12
"""Six types in two zones. With fewer, one reclaimed pool is more than a twelfth of the fleet."""


@dataclass(frozen=True)
class Pools:
    """The pools of a group. `count` is the number of types times that of zones, each counted once."""

    types: int
    zones: int

    @property
    def count(self) -> int:
        return self.types * self.zones

    @property
    def safe(self) -> bool:
        return self.count >= SAFE_POOLS

    def __str__(self) -> str:
        return f"{_some(self.count, 'Spot pool')} ({_some(self.types, 'type')} in {_some(self.zones, 'zone')})"


def count_pools(types: Iterable[str], zones: Iterable[str]) -> Pools:
    """The pools that instance types make in zones; what is named twice counts once."""
    return Pools(len(set(types)), len(set(zones)))


def _some(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
