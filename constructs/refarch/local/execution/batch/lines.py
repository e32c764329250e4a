"""The runnable jobs of a queue in the order of their submission. A job that is tried again gets its old place."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

from refarch.local.execution.batch.job import Job


class Line:
    """Kept in order while jobs come and go, so that an array of thousands need not be sorted at every end of a job."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs)

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, job: Job) -> None:
        insort(self._jobs, job, key=_number)

    def remove(self, job: Job) -> None:
        place = bisect_left(self._jobs, job.number, key=_number)
        if place < len(self._jobs) and self._jobs[place] is job:
            del self._jobs[place]


def _number(job: Job) -> int:
    return job.number
