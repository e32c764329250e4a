"""What the coordinator asks of a mapper and of a reducer, and what a task may assume about where it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from refarch_lambdas.mapreduce.bad_records import Tolerance
from refarch_lambdas.mapreduce.errors import PermanentError
from refarch_lambdas.mapreduce.layout import JobLayout
from refarch_lambdas.mapreduce.lines import CHUNK_BYTES, MAX_LINE_BYTES
from refarch_lambdas.mapreduce.merge import FAN_IN


@dataclass(frozen=True, kw_only=True)
class MapEvent:
    """One attempt of one mapper. `plan`: offset and length of its line in the job's plan."""

    job_bucket: str
    prefix: str
    job_id: str
    task_id: int
    attempt: int
    plan: tuple[int, int]
    reducer_count: int
    tolerance: Tolerance

    @classmethod
    def from_json(cls, event: Mapping[str, Any]) -> Self:
        """Raises `PermanentError` that names every field that is missing."""
        _require(event, "jobBucket", "prefix", "jobId", "taskId", "attempt", "plan", "reducerCount")
        tolerance = event.get("tolerance", {})
        return cls(
            job_bucket=event["jobBucket"],
            prefix=event["prefix"],
            job_id=event["jobId"],
            task_id=event["taskId"],
            attempt=event["attempt"],
            plan=(event["plan"][0], event["plan"][1]),
            reducer_count=event["reducerCount"],
            tolerance=Tolerance(int(tolerance.get("count", 0)), float(tolerance.get("fraction", 0.0))),
        )

    @property
    def layout(self) -> JobLayout:
        return JobLayout(self.prefix, self.job_id)


@dataclass(frozen=True, kw_only=True)
class ReduceEvent:
    """One attempt of one reducer. `input`: key of its segment list. `final`: writes the job's result.
    `reduce`: calls the job's reduce; otherwise keys are unique already and values pass through."""

    job_bucket: str
    prefix: str
    job_id: str
    step: int
    task_id: int
    attempt: int
    input: str
    final: bool
    reduce: bool

    @classmethod
    def from_json(cls, event: Mapping[str, Any]) -> Self:
        """Raises `PermanentError` that names every field that is missing."""
        _require(event, "jobBucket", "prefix", "jobId", "step", "taskId", "attempt", "input", "final", "reduce")
        return cls(
            job_bucket=event["jobBucket"],
            prefix=event["prefix"],
            job_id=event["jobId"],
            step=event["step"],
            task_id=event["taskId"],
            attempt=event["attempt"],
            input=event["input"],
            final=event["final"],
            reduce=event["reduce"],
        )

    @property
    def layout(self) -> JobLayout:
        return JobLayout(self.prefix, self.job_id)


def _require(event: Mapping[str, Any], *names: str) -> None:
    missing = [name for name in names if name not in event]
    if missing:
        raise PermanentError(f"the event lacks {', '.join(missing)}; it has {', '.join(sorted(event)) or 'nothing'}")


@dataclass(frozen=True, kw_only=True)
class TaskSettings:
    """Where and how a task runs.

    `memory_mb`: of the Lambda. `request_id`: of its invocation. `scratch`: folder for temporary files (default: the
    system's). `memory_budget`: bytes for grouped pairs (default: from `memory_mb`). `fan_in`: sorted runs merged at
    a time. `cancel_seconds`: between two looks whether the job has failed. `now`: the clock, epoch seconds.
    """

    memory_mb: int = 1769
    request_id: str = ""
    scratch: Path | None = None
    memory_budget: int | None = None
    chunk_bytes: int = CHUNK_BYTES
    max_line_bytes: int = MAX_LINE_BYTES
    fan_in: int = FAN_IN
    download_threads: int = 16
    cancel_seconds: float = 10.0
    now: Callable[[], float] = time.time
