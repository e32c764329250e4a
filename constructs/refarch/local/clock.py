"""Simulated seconds: how long what AWS lets last (a notice, a heartbeat, a draining) lasts here.

Only such waits go through here. Timestamps are those of the wall, and what really runs takes what it takes.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

_factor = 1.0
_began = (datetime.now(UTC), time.monotonic())


def configure(factor: float) -> None:
    """Let simulated time pass `factor` times faster. Called once, before a room is installed. Raises `ValueError`."""
    global _factor, _began
    if not factor > 0:
        raise ValueError(f"the clock factor is {factor}, it must be more than 0")
    _factor, _began = factor, (datetime.now(UTC), time.monotonic())


def scaled(seconds: float) -> float:
    """The real seconds that so many simulated ones take: 120 are 2 at a factor of 60. Never less than 0."""
    return max(0.0, seconds) / _factor


def elapsed(real_seconds: float) -> float:
    """The simulated seconds that pass in so many real ones."""
    return real_seconds * _factor


def now() -> datetime:
    """The time by which schedules go: the wall's when the cloud was started, and so much faster since."""
    start, then = _began
    return start + timedelta(seconds=elapsed(time.monotonic() - then))


def sleep(seconds: float) -> None:
    """Sleep for so many simulated seconds."""
    time.sleep(scaled(seconds))


def wait(event: threading.Event, seconds: float) -> bool:
    """Wait for an event, at most so many simulated seconds; whether it came."""
    return event.wait(scaled(seconds))
