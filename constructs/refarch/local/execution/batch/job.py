"""One job while it lives: its record in the emulator's store, and what is not to be seen by the API."""

from __future__ import annotations

import contextvars
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from refarch.local.execution.batch.places import Waiting
from refarch.local.execution.container import Container

FINAL = ("SUCCEEDED", "FAILED")
ON_A_HOST = ("STARTING", "RUNNING")
ENDED_BY_ITSELF = "Essential container in task exited"
NOT_STARTED = "Task failed to start"
ENDED_BY_TIME = "Job attempt duration exceeded timeout"
DEPENDENCY_FAILED = "Dependent Job failed"
CHILD_FAILED = "Array Child Job failed"
LOST = "The local cloud was stopped while the job was not finished"


def now() -> int:
    """Milliseconds, as AWS Batch tells times."""
    return int(time.time() * 1000)


@dataclass(frozen=True)
class Ending:
    """Why an attempt is made to end before it ends by itself, and the status reason that tells it."""

    kind: Literal["terminated", "timeout", "reclaimed"]
    reason: str


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended: `exit_code` None when the container did not start or its host went away."""

    exit_code: int | None
    status_reason: str
    reason: str = ""
    retryable: bool = True

    @property
    def told(self) -> str:
        """The status reason of a job that ends so. AWS leaves out why a container did not start; here it must be
        seen at once. Rules and attempts have the reason alone."""
        return f"{self.status_reason}: {self.reason}" if self.status_reason == NOT_STARTED else self.status_reason

    @property
    def succeeded(self) -> bool:
        return self.exit_code == 0 and self.retryable


@dataclass(eq=False)
class Job:
    """`record` is what the API shows. `place` is the compute environment of the running attempt."""

    record: dict[str, Any]
    scope: contextvars.Context
    queue: str
    number: int
    vcpus: float = 1.0
    index: int | None = None
    parent: Job | None = None
    children: list[Job] = field(default_factory=list)
    place: str | None = None
    container: Container | None = None
    ending: Ending | None = None

    @property
    def job_id(self) -> str:
        return str(self.record["jobId"])

    @property
    def status(self) -> str:
        return str(self.record["status"])

    @property
    def region(self) -> str:
        return str(self.record["jobArn"]).split(":")[3]

    @property
    def account(self) -> str:
        return str(self.record["jobArn"]).split(":")[4]

    def waiting(self) -> Waiting:
        """What the choice of the next job has to know of it."""
        return Waiting(self.job_id, self.queue, self.vcpus, self.number)

    @property
    def attempts(self) -> list[dict[str, Any]]:
        return self.record.setdefault("attempts", [])  # type: ignore[no-any-return]


def move(job: Job, status: str, reason: str | None, fields: Mapping[str, Any]) -> None:
    """Write a state into the record, and into the summary of the array that the job belongs to."""
    if job.parent is not None:
        summary = job.parent.record["arrayProperties"]["statusSummary"]
        summary[job.status] = summary.get(job.status, 0) - 1
        summary[status] = summary.get(status, 0) + 1
        if not summary[job.status]:
            del summary[job.status]
        job.parent.record["arrayProperties"]["statusSummaryLastUpdatedAt"] = now()
    job.record.update(fields, status=status)
    if reason is None:
        job.record.pop("statusReason", None)
    else:
        job.record["statusReason"] = reason
