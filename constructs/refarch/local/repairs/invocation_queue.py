"""Asynchronous invocations wait for one of N slots, as long as it takes, and come back when they are to be retried.

No AWS and no emulator in here: what an attempt does is given. AWS keeps events for up to six
hours; ministack starts one process for each at once, or drops them when it counts too many.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

logger = logging.getLogger("refarch.local")
THROTTLE_PAUSE = 0.1  # seconds until a throttled invocation is tried again


@dataclass
class Attempted:
    """What came out of an attempt: done, or to be tried again in `again_in` seconds."""

    again_in: float | None = None


@dataclass(order=True)
class _Waiting:
    due: float
    number: int
    attempt: Callable[[], Attempted] = field(compare=False)
    era: int = field(compare=False)


class InvocationQueue:
    """N threads that work off what was submitted, the earliest due first."""

    def __init__(self, slots: int) -> None:
        self._waiting: list[_Waiting] = []
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._era = 0  # counts how often it was emptied
        for slot in range(slots):
            threading.Thread(target=self._work, name=f"refarch-async-{slot}", daemon=True).start()

    def submit(self, attempt: Callable[[], Attempted], delay: float = 0.0) -> None:
        """Run `attempt` in a slot, `delay` seconds from now or later; again as long as it asks for it."""
        with self._changed:
            self._push(attempt, delay)

    def _push(self, attempt: Callable[[], Attempted], delay: float) -> None:
        due = time.monotonic() + delay
        heapq.heappush(self._waiting, _Waiting(due, next(self._numbers), attempt, self._era))
        self._changed.notify()

    def clear(self) -> None:
        """Forget what waits; what runs now does not come back."""
        with self._changed:
            self._era += 1
            self._waiting.clear()

    def _next(self) -> _Waiting:
        with self._changed:
            while True:
                now = time.monotonic()
                if self._waiting and self._waiting[0].due <= now:
                    return heapq.heappop(self._waiting)
                self._changed.wait(self._waiting[0].due - now if self._waiting else None)

    def _work(self) -> Any:
        while True:
            waiting = self._next()
            try:
                outcome = waiting.attempt()
            except Exception:
                logger.exception("an asynchronous invocation could not be attempted; it is tried again")
                outcome = Attempted(again_in=1.0)
            if outcome.again_in is not None:
                self._again(waiting, outcome.again_in)

    def _again(self, waiting: _Waiting, delay: float) -> None:
        with self._changed:
            if waiting.era == self._era:
                self._push(waiting.attempt, delay)


def retry_delay(failures: int) -> float:
    """Seconds before the retry after so many failures. AWS waits one minute, then two; here it is seconds."""
    return float(min(failures, 2))
