"""A run as data: its samples, their steps, the attempts of each job. Pure. Times are seconds since 1970."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

STEPS = ("align", "call", "annotate", "statistics")
UPSTREAM: Mapping[str, str] = {"call": "align", "annotate": "call", "statistics": "align"}
ENDED = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})
DONE = frozenset({"SUCCEEDED", "SKIPPED"})
"""Step states after which what depends on the step can begin."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt of a job. `reason` is AWS Batch's, such as `Host EC2 (instance i-…) terminated.`"""

    start: float
    end: float
    exit_code: int | None = None
    reason: str = ""

    @property
    def seconds(self) -> float:
        return max(0.0, self.end - self.start)


@dataclass(frozen=True, kw_only=True)
class StepRun:
    """One step of a sample: WAITING, a state of AWS Batch, SKIPPED (its results exist), or NOT_RUN at a run's end."""

    name: str
    state: str = "WAITING"
    job_id: str = ""
    log_stream: str = ""
    vcpus: float = 0.0
    memory_mib: float = 0.0
    attempts: Sequence[Attempt] = ()

    @property
    def seconds(self) -> float:
        """Of all attempts together: what is paid for."""
        return sum(attempt.seconds for attempt in self.attempts)


@dataclass(frozen=True, kw_only=True)
class SampleRun:
    """One execution for one sample. `end` is None while it runs; `quality` is the gate's document (qc.json)."""

    sample: str
    execution: str
    state: str
    start: float
    end: float | None = None
    steps: Mapping[str, StepRun] = field(default_factory=dict)
    error: str = ""
    cause: str = ""
    quality: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        return self.state in ENDED


@dataclass(frozen=True, kw_only=True)
class Run:
    """What was started: a sample, or a cohort of them. `total` counts those that have not begun as well."""

    name: str
    execution: str
    state: str
    start: float
    end: float | None = None
    samples: Sequence[SampleRun] = ()
    total: int = 1
    error: str = ""
    cause: str = ""

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def is_cohort(self) -> bool:
        return not (len(self.samples) == 1 and self.samples[0].execution == self.execution)

    def count(self, state: str) -> int:
        return sum(sample.state == state for sample in self.samples)
