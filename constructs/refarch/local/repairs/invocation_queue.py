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


class InvocationQueue:
    """N threads that work off what was submitted, the earliest due first."""

    def __init__(self, slots: int) -> None:
        self._waiting: list[_Waiting] = []
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        for slot in range(slots):
            threading.Thread(target=self._work, name=f"refarch-async-{slot}", daemon=True).start()

    def submit(self, attempt: Callable[[], Attempted], delay: float = 0.0) -> None:
        """Run `attempt` in a slot, `delay` seconds from now or later; again as long as it asks for it."""
        with self._changed:
            heapq.heappush(self._waiting, _Waiting(time.monotonic() + delay, next(self._numbers), attempt))
            self._changed.notify()

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
                self.submit(waiting.attempt, outcome.again_in)


def retry_delay(failures: int) -> float:
    """Seconds before the retry after so many failures. AWS waits one minute, then two; here it is seconds."""
    return float(min(failures, 2))
