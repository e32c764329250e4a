"""Start, cancel and redrive jobs. The client's part of MapReduce: it plans, writes the plan, then the job.

Writing `jobdata` starts a job, so it comes last, and only where there is none: the original used one fixed job id, so
that a second run found the first one's result and returned it at once.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from refarch.mapreduce.inputs import Listing, list_inputs, mark_compressed, parse_inputs
from refarch.mapreduce.problems import DuplicateJobError, MapReduceError
from refarch.mapreduce.progress import ENDED, JobWatcher, wait
from refarch.mapreduce.store import JobStore
from refarch.mapreduce.units import counted
from refarch.mapreduce.workspace import Workspace
from refarch_lambdas.mapreduce.layout import JOB_ID, JobLayout
from refarch_lambdas.mapreduce.plan import (
    Task,
    choose_reducer_count,
    choose_split_bytes,
    plan_tasks,
    serialise_plan,
)

MAX_PARTITIONS = 1_024
"""Every reducer reads a segment of every mapper: more partitions would only multiply requests."""


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """What a user asks for.

    `inputs`: `s3://bucket/folder`, at least one. `job_id`: default the UTC time and six random hex digits.
    `split_bytes`: most bytes of a mapper, default chosen by size. `reducers`: partitions, default one for each GiB.
    `max_bad_records`, `max_bad_fraction`: how many broken records each mapper may skip, default none.
    """

    inputs: Sequence[str]
    job_id: str | None = None
    split_bytes: int | None = None
    reducers: int | None = None
    max_bad_records: int = 0
    max_bad_fraction: float = 0.0


@dataclass(frozen=True, kw_only=True)
class PreparedJob:
    """A job that is planned and not started. `notes`: what its user should know before."""

    workspace: Workspace
    request: JobRequest
    job_id: str
    listing: Listing
    split_bytes: int
    reducers: int
    tasks: tuple[Task, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class JobHandle:
    """A job that was started."""

    job_id: str
    workspace: Workspace
    mappers: int
    reducers: int
    input_bytes: int
    notes: tuple[str, ...] = ()


def new_job_id(now: float | None = None) -> str:
    """`<utc yyyymmdd-hhmmss>-<6 random hex digits>`."""
    moment = datetime.fromtimestamp(time.time() if now is None else now, UTC)
    return f"{moment:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def prepare(workspace: Workspace, request: JobRequest, *, s3: Any) -> PreparedJob:
    """List the inputs and plan the mappers; nothing is written.

    Raises `MapReduceError` that names every problem of the request at once.
    """
    inputs, problems = parse_inputs(request.inputs, workspace)
    problems += _problems(request)
    if problems:
        raise MapReduceError("; ".join(problems))
    listing = list_inputs(inputs, s3)
    concurrent = workspace.concurrent_lambdas
    split_bytes = request.split_bytes or choose_split_bytes(listing.bytes, concurrent)
    listing, hidden = mark_compressed(listing, split_bytes, s3)
    return PreparedJob(
        workspace=workspace,
        request=request,
        job_id=request.job_id or new_job_id(),
        listing=listing,
        split_bytes=split_bytes,
        reducers=request.reducers or choose_reducer_count(listing.bytes, concurrent),
        tasks=tuple(plan_tasks(listing.objects, split_bytes=split_bytes)),
        notes=tuple(_notes(listing, hidden)),
    )


def start(prepared: PreparedJob, *, s3: Any, clock: Callable[[], float] = time.time) -> JobHandle:
    """Write the plan and then the job, which starts it. Raises `DuplicateJobError` when the id is taken."""
    workspace = prepared.workspace
    store, layout = JobStore(s3, workspace.job_bucket), JobLayout(workspace.prefix, prepared.job_id)
    plan, index = serialise_plan(prepared.tasks)
    document = _jobdata(prepared, index, clock())
    if not (store.create(layout.plan, plan) and store.create_json(layout.jobdata, document)):
        raise DuplicateJobError(f"there is a job {prepared.job_id!r} already: choose another --job-id, or `clean` it")
    return JobHandle(
        job_id=prepared.job_id,
        workspace=workspace,
        mappers=len(prepared.tasks),
        reducers=prepared.reducers,
        input_bytes=prepared.listing.bytes,
        notes=prepared.notes,
    )


def submit(workspace: Workspace, input_uris: Sequence[str], *, s3: Any, **options: Any) -> JobHandle:
    """Plan a job over `input_uris` and start it; `options` are the other fields of `JobRequest`."""
    return start(prepare(workspace, JobRequest(inputs=input_uris, **options), s3=s3), s3=s3)


def cancel(watcher: JobWatcher, *, clock: Callable[[], float] = time.time) -> bool:
    """Stop a job: nothing new is started, running tasks end at their next look. False when it was stopped already.

    Raises `MapReduceError` when the job has ended, `JobNotFoundError` when there is none.
    """
    snapshot = watcher.look()
    if snapshot.state in ENDED:
        raise MapReduceError(f"job {snapshot.job_id!r} has ended already: {snapshot.state}")
    # The number of the last redrive: its event may be delivered again and must not reopen the job.
    document = {"state": "CANCELLED", "reason": "cancelled by its user", "at": clock(), "redrive": watcher.redrives}
    return watcher.store.create_json(watcher.layout.failure, document)


def redrive(
    watcher: JobWatcher, *, clock: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep
) -> int:
    """Run again what failed in a FAILED or CANCELLED job; tasks that committed keep their result.

    The number of the redrive. Raises `MapReduceError` for a job that runs or has succeeded.
    """
    snapshot = watcher.look()
    if snapshot.state not in {"FAILED", "CANCELLED"}:
        raise MapReduceError(f"only FAILED and CANCELLED jobs can be redriven; {snapshot.job_id!r} is {snapshot.state}")
    # A report that comes in after the redrive would look like the end of the new run: wait for it.
    deque(wait(watcher, sleep=sleep), maxlen=0)
    number = watcher.redrives + 1
    document = {"at": clock(), "supersedes": watcher.ended_by}
    if not watcher.store.create_json(watcher.layout.redrive(number), document):
        raise MapReduceError(f"redrive {number} of job {snapshot.job_id!r} was started by somebody else just now")
    return number


def _problems(request: JobRequest) -> list[str]:
    reducers, split_bytes, fraction = request.reducers, request.split_bytes, request.max_bad_fraction
    checks = [
        (
            request.job_id is None or JOB_ID.fullmatch(request.job_id) is not None,
            f"job id {request.job_id!r}: allowed are 1 to 63 lower-case letters, digits and hyphens, no hyphen first",
        ),
        (split_bytes is None or split_bytes >= 1, f"split size must be at least 1 byte, got {split_bytes}"),
        (
            reducers is None or 1 <= reducers <= MAX_PARTITIONS,
            f"reducers must be 1 to {MAX_PARTITIONS}, got {reducers}",
        ),
        (request.max_bad_records >= 0, f"max bad records must be at least 0, got {request.max_bad_records}"),
        (0 <= fraction <= 1, f"max bad fraction must be 0 to 1, got {fraction}"),
    ]
    return [problem for holds, problem in checks if not holds]


def _notes(listing: Listing, hidden: Sequence[str]) -> list[str]:
    notes = []
    if not listing.bytes:
        notes.append("the input holds no bytes: the job ends at once with an empty result")
    if listing.empty:
        notes.append(f"{counted(listing.empty, 'empty object')} left out")
    if listing.repeated:
        notes.append(f"{counted(listing.repeated, 'object')} named by more than one input and read once")
    if hidden:
        notes.append(f"{counted(len(hidden), 'large object')} compressed, so read whole; first {hidden[0]}")
    return notes


def _jobdata(prepared: PreparedJob, index: list[list[int]], now: float) -> dict[str, Any]:
    request, workspace = prepared.request, prepared.workspace
    return {
        "version": 1,
        "jobId": prepared.job_id,
        "startTime": now,
        "input": list(request.inputs),
        "mapCount": len(index),
        "totalS3Files": len(prepared.listing.objects),
        "inputBytes": prepared.listing.bytes,
        "reducerCount": prepared.reducers,
        "concurrentLambdas": workspace.concurrent_lambdas,
        "maxAttempts": workspace.max_attempts,
        "taskTimeout": workspace.task_timeout,
        "badRecordTolerance": {"count": request.max_bad_records, "fraction": request.max_bad_fraction},
        "tasks": index,
    }
