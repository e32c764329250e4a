"""How many workers a queue needs. A decision: no AWS in here."""

from __future__ import annotations

from math import ceil

MOST_STEPS = 20
"""Of one scaling policy."""


def worker_steps(*, backlog_per_worker: int, max_workers: int) -> list[tuple[int, int]]:
    """(messages from which on, workers): one worker up to `backlog_per_worker` messages, two up to twice as many…

    Past 20 workers a step adds several, rounded up. Messages count whether they wait or are worked on.
    """
    stride = ceil(max_workers / MOST_STEPS)
    counts = sorted({min(number, max_workers) for number in range(stride, max_workers + stride, stride)})
    starts = [1, *(count * backlog_per_worker + 1 for count in counts[:-1])]
    return list(zip(starts, counts, strict=True))
