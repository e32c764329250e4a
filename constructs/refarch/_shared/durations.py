"""Durations that are made once and remember how long they are.

A `Duration` lives in Node: making one is a call into another process, and so is each question for its length. Most
durations of a construct are defaults and settings whose number is known before, so it is kept beside them.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from functools import cache
from weakref import WeakKeyDictionary

from aws_cdk import Duration

MINUTE, HOUR, DAY = 60, 3600, 86_400
"""Seconds."""

_lengths: MutableMapping[Duration, float | None] = WeakKeyDictionary()


@cache
def seconds(number: float) -> Duration:
    """`Duration.seconds(number)`; the same object for the same number, whatever unit it was told in."""
    made = Duration.seconds(number)
    _lengths[made] = number
    return made


def minutes(number: float) -> Duration:
    """So many minutes."""
    return seconds(number * MINUTE)


def hours(number: float) -> Duration:
    """So many hours."""
    return seconds(number * HOUR)


def days(number: float) -> Duration:
    """So many days."""
    return seconds(number * DAY)


def length(duration: Duration, unit: int = 1) -> float | None:
    """How many seconds (or `MINUTE`s, `DAY`s) it is; None for one that is known only at deployment. Asks Node once for
    each duration."""
    if duration not in _lengths:
        _lengths[duration] = None if duration.is_unresolved() else duration.to_seconds(integral=False)
    known = _lengths[duration]
    if known is None or unit == 1:
        return known
    return known / unit if known % unit else known // unit


def in_seconds(duration: Duration) -> float:
    """How many seconds it is; of one that is known only at deployment, the token."""
    known = length(duration)
    return duration.to_seconds() if known is None else known
