"""When EC2 takes which pools. A reclaim takes a whole pool: that is what makes few pools dangerous."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from refarch.simulation.assumptions import Assumptions

STEADY, STORM = "steady", "storm"
SCENARIOS = (STEADY, STORM)
_EARLY = 0.7
"""In which part of its stretch a steady reclaim falls: what is left of it lets the group become whole again."""


@dataclass(frozen=True, order=True)
class PoolReclaim:
    """At `time` (seconds from the start) every instance of `pool` gets its notice."""

    time: float
    pool: int


def reclaims(scenario: str, pools: int, facts: Assumptions, random: Random) -> Sequence[PoolReclaim]:
    """The reclaims of a scenario, in order. Raises `ValueError` for a scenario that is none."""
    if scenario == STORM:
        return _storm(pools, facts, random)
    if scenario == STEADY:
        return _steady(pools, facts, random)
    raise ValueError(f"scenario is {scenario!r}, allowed: {' or '.join(SCENARIOS)}")


def _storm(pools: int, facts: Assumptions, random: Random) -> Sequence[PoolReclaim]:
    """As many whole pools as it takes to reach the share: of two pools, one is half of the fleet."""
    taken = shuffled(range(pools), random)[: math.ceil(facts.storm_share * pools)]
    return sorted(PoolReclaim(random.random() * facts.storm_seconds, pool) for pool in taken)


def _steady(pools: int, facts: Assumptions, random: Random) -> Sequence[PoolReclaim]:
    """Exactly as many as the rate means, each in a stretch of its own, so that two never fall together."""
    count = round(facts.reclaimed_an_hour * facts.steady_hours * pools)
    if not count:
        return []
    stretch = facts.steady_hours / count
    turns = [pool for _ in range(math.ceil(count / pools)) for pool in shuffled(range(pools), random)][:count]
    hours = [(number + _EARLY * random.random()) * stretch for number in range(count)]
    return [PoolReclaim(hour * 3600, pool) for hour, pool in zip(hours, turns, strict=True)]


def horizon(scenario: str, facts: Assumptions) -> float:
    """How many seconds a scenario lasts: long enough after a storm for the last instance to be replaced."""
    if scenario == STEADY:
        return facts.steady_hours * 3600
    return facts.storm_seconds + facts.notice + facts.replacement + facts.task_start + facts.storm_seconds


def shuffled(values: Sequence[int], random: Random) -> list[int]:
    """A shuffle that is the same in every Python: `Random.shuffle` has changed before."""
    return [value for _, value in sorted((random.random(), value) for value in values)]
