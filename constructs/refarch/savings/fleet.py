"""What a savings report is made of: the instances of a fleet, and those that were taken away. No AWS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SPOT = "spot"
ON_DEMAND = "on-demand"
LIFECYCLES = (SPOT, ON_DEMAND)
NOTICE = "notice"
"""The signal of a reclaim. The log's other signals (rebalance, lifecycle, scheduled) take no instance away."""


@dataclass(frozen=True, kw_only=True)
class Some:
    """`count` instances of one type in one zone that are paid for in one way.

    `spot_usd` and `on_demand_usd` are dollars an instance-hour where they are known; None takes them from the tables.
    """

    instance_type: str
    zone: str
    count: int = 1
    lifecycle: str = SPOT
    spot_usd: float | None = None
    on_demand_usd: float | None = None


@dataclass(frozen=True, kw_only=True)
class Reclaim:
    """One interruption as the log has it. `time`: epoch seconds."""

    instance_id: str
    instance_type: str
    zone: str
    time: float
    signal: str = NOTICE


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """The instances now, and the reclaims of the last `hours`. `price_region`: whose On-Demand prices to take."""

    region: str
    price_region: str
    instances: Sequence[Some]
    reclaims: Sequence[Reclaim] = ()
    hours: float = 24.0
    notes: Sequence[str] = ()
    """What a reader of the report should know of how the fleet was read."""
