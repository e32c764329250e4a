"""How fast instances are replaced, without AWS: how many may be away, how many more there may be, what comes next."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """`least` stay in service, there are never more than `most`, and never more than `batch` change at once."""

    least: int
    most: int
    batch: int


@dataclass(frozen=True)
class Step:
    """End so many old instances, and launch so many for them."""

    end: int
    launch: int


def of_refresh(desired: int, minimum: int, maximum: int) -> Pace:
    """The pace of an instance refresh: `minimum` and `maximum` healthy percentage of the desired capacity.

    Where both leave no room (100 and 100), one instance more is launched first, as AWS does it.
    """
    least = math.ceil(desired * minimum / 100)
    most = max(desired, math.floor(desired * maximum / 100))
    most = max(most, least + 1)
    return Pace(least, most, most - least)


def of_update(desired: int, least: int, batch: int, limit: int) -> Pace:
    """The pace of CloudFormation's rolling update: `MinInstancesInService`, `MaxBatchSize` and the group's `MaxSize`.

    Raises `ValueError` when `least` leaves no instance to replace.
    """
    if least >= max(limit, 1):
        raise ValueError("MinInstancesInService must be less than the autoscaling group's MaxSize")
    batch = max(1, min(batch, desired))
    return Pace(least, min(limit, max(desired, least + batch)), batch)


def next_step(pace: Pace, desired: int, in_service: int, fresh: int, old: int) -> Step:
    """What comes next when `old` instances wait to be replaced, `fresh` ones are there, `in_service` of both serve."""
    end = max(0, min(pace.batch, old, in_service - pace.least))
    return Step(end, min(end, max(0, desired - fresh)))
