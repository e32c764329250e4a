"""What the coordinator remembers of a job: the job's own document and one dispatch state for each stage.

Both live in S3 as JSON (`jobdata`, `mapperstate`, `reducerstate.N`). A stage state is replaced by compare-and-swap
on its ETag, so that two coordinators that run at the same time cannot both start a stage or dispatch a task.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

MAPPER = "mapper"
REDUCER = "reducer"


@dataclass(frozen=True, kw_only=True)
class JobData:
    """The job as its driver described it (`jobdata`).

    Times are seconds, sizes bytes. `reducer_count` is the number of partitions, at least 1; `map_count` may be 0.
    """

    job_id: str
    start_time: float
    input: list[str]
    map_count: int
    total_s3_files: int
    input_bytes: int
    reducer_count: int
    concurrent_lambdas: int
    max_attempts: int
    task_timeout: int
    tolerance: dict[str, float]
    tasks: list[list[int]]

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """Raises `KeyError` for a document that is not a `jobdata` of version 1."""
        if document["version"] != 1:
            raise KeyError(f"jobdata version {document['version']!r}: this coordinator reads version 1")
        return cls(
            job_id=document["jobId"],
            start_time=document["startTime"],
            input=document["input"],
            map_count=document["mapCount"],
            total_s3_files=document["totalS3Files"],
            input_bytes=document["inputBytes"],
            reducer_count=document["reducerCount"],
            concurrent_lambdas=document["concurrentLambdas"],
            max_attempts=document["maxAttempts"],
            task_timeout=document["taskTimeout"],
            tolerance=document["badRecordTolerance"],
            tasks=document["tasks"],
        )


@dataclass(frozen=True, kw_only=True)
class TaskFailure:
    """One attempt of one task that ended without a result."""

    stage: str
    step: int
    task_id: int
    attempt: int
    error_type: str
    error: str
    at: float
    started_at: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return {
            "stage": self.stage,
            "step": self.step,
            "id": self.task_id,
            "attempt": self.attempt,
            "errorType": self.error_type,
            "error": self.error,
            "at": self.at,
            "startedAt": self.started_at,
        }


@dataclass
class StageState:
    """Dispatch state of one stage. Lists are indexed by task id.

    `attempt` 0 means never dispatched. `waves` are dispatches whose invocations nobody has confirmed yet: when their
    lease has run out, the coordinator that made them died and the tasks are invoked again.
    """

    stage: str
    step: int
    start_time: float
    total_s3_files: int
    attempt_limit: int
    final: bool = False
    reduce: bool = True
    redrive: int = 0
    watchdog: str = ""
    attempt: list[int] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    retry: list[int] = field(default_factory=list)
    waves: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: list[dict[str, Any]] = field(default_factory=list)
    coordinator: dict[str, int] = field(default_factory=lambda: {"invocations": 0, "milliseconds": 0})

    @property
    def count(self) -> int:
        return len(self.attempt)

    def to_json(self) -> dict[str, Any]:
        """The document, with the original's field names for the count of the stage."""
        document = dict(vars(self))
        document["mapCount" if self.stage == MAPPER else "reducerCount"] = self.count
        document["totalS3Files"] = document.pop("total_s3_files")
        document["start_time"] = self.start_time
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        known = {name: document[name] for name in cls.__dataclass_fields__ if name in document}
        return cls(**known, total_s3_files=document["totalS3Files"])

    def copy(self) -> Self:
        """One that can be changed alone. (`asdict` would copy each number of each task on its own.)"""
        return replace(
            self,
            attempt=[*self.attempt],
            at=[*self.at],
            retry=[*self.retry],
            waves={name: dict(wave) for name, wave in self.waves.items()},
            failures=[dict(failure) for failure in self.failures],
            coordinator=dict(self.coordinator),
        )


def new_stage(
    job: JobData, *, stage: str, step: int, count: int, now: float, final: bool = False, reduce: bool = True
) -> StageState:
    """A stage in which no task has been dispatched."""
    return StageState(
        stage=stage,
        step=step,
        start_time=now,
        total_s3_files=job.total_s3_files,
        attempt_limit=job.max_attempts,
        final=final,
        reduce=reduce,
        attempt=[0] * count,
        at=[0.0] * count,
    )
