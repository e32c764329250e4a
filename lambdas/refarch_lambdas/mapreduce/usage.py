"""What a task used: time as Lambda bills it, memory, requests. It goes into the summary and becomes the job's cost."""

from __future__ import annotations

import math
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from refarch_lambdas.mapreduce.body import RequestCounter

_cold = True


def take_cold_start() -> bool:
    """True the first time in this process, False from then on."""
    global _cold
    first, _cold = _cold, False
    return first


def max_rss_mb() -> float:
    """The most memory that this process ever held, in MB (2**20 bytes), as the kernel counts it."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


class Measurement:
    """Begins when it is made. `memory_mb` is what the Lambda was given; `now` the clock, in epoch seconds."""

    def __init__(
        self,
        requests: RequestCounter,
        *,
        memory_mb: int,
        request_id: str = "",
        now: Callable[[], float] = time.time,
    ) -> None:
        self._requests = requests
        self._before = requests.snapshot()
        self._memory_mb = memory_mb
        self._request_id = request_id
        self._now = now
        self._cold = take_cold_start()
        self.start = now()

    def fields(self) -> dict[str, Any]:
        """The summary's part about usage, up to now. Counts the PUT that will commit the summary as already sent."""
        end = max(self._now(), self.start)
        after = self._requests.snapshot()
        requests = {kind: after[kind] - self._before[kind] for kind in after}
        requests["put"] += 1
        return {
            "start": self.start,
            "end": end,
            "milliseconds": max(1, math.ceil(round((end - self.start) * 1000, 3))),
            "memoryMb": self._memory_mb,
            "maxRssMb": max_rss_mb(),
            "coldStart": self._cold,
            "requests": requests,
            "requestId": self._request_id,
        }
