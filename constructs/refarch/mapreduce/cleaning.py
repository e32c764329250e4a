"""The jobs of a workspace: list them, and remove what one left behind.

The original leaked its Lambda functions when the driver died and never removed a job's data. Here the functions
belong to the stack, and `clean` removes the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from refarch.mapreduce.driver import cancel
from refarch.mapreduce.problems import JobNotFoundError, MapReduceError
from refarch.mapreduce.progress import JobWatcher
from refarch.mapreduce.snapshot import RUNNING
from refarch.mapreduce.store import JobStore
from refarch.mapreduce.workspace import Workspace
from refarch_lambdas.mapreduce.layout import JOB_ID, JobLayout

_READERS = 16


@dataclass(frozen=True, kw_only=True)
class JobLine:
    """One job in a list. `start_time` in epoch seconds; `dollars` and `seconds` None until there is a report."""

    job_id: str
    state: str
    start_time: float | None
    input_bytes: int
    seconds: float | None
    dollars: float | None


def list_jobs(workspace: Workspace, *, s3: Any) -> list[JobLine]:
    """The jobs of the workspace, the latest first."""
    store = JobStore(s3, workspace.job_bucket)
    ids = [name for name in store.folders(f"{workspace.prefix}jobs/") if JOB_ID.fullmatch(name)]
    with ThreadPoolExecutor(_READERS) as pool:
        lines = list(pool.map(lambda job_id: _line(JobLayout(workspace.prefix, job_id), store), ids))
    return sorted(lines, key=lambda line: (line.start_time or 0.0, line.job_id), reverse=True)


def _line(layout: JobLayout, store: JobStore) -> JobLine:
    jobdata = store.read_json(layout.jobdata) or {}
    report = store.read_json(layout.report)
    end = report or store.read_json(layout.failure)
    return JobLine(
        job_id=layout.job_id,
        state=str(end.get("state", "FAILED")) if end else RUNNING if jobdata else "NOT STARTED",
        start_time=jobdata.get("startTime"),
        input_bytes=jobdata.get("inputBytes", 0),
        seconds=report["seconds"] if report else None,
        dollars=report["cost"]["total"] if report else None,
    )


def clean(watcher: JobWatcher, *, force: bool = False) -> int:
    """Remove the job's folder and its intermediate data; the number of objects removed.

    A job that runs is refused; with `force` it is cancelled first, and tasks that are running then may still leave an
    object behind, so clean again after the task timeout. Raises `JobNotFoundError` when there is nothing to remove.
    """
    try:
        running = watcher.look().state == RUNNING
    except JobNotFoundError:
        running = False  # never started, or half cleaned
    if running and not force:
        raise MapReduceError(f"job {watcher.layout.job_id!r} is running: cancel it first, or use --force")
    if running:
        cancel(watcher)
    # The whole list first: deleting what one is listing makes some S3 implementations skip pages.
    removed = watcher.store.delete(list(_keys(watcher)))
    if not removed:
        raise JobNotFoundError(f"no job {watcher.layout.job_id!r} in s3://{watcher.store.bucket}: nothing to remove")
    return removed


def _keys(watcher: JobWatcher) -> Iterator[str]:
    """Everything of the job; `jobdata` last, so that a clean that was interrupted still shows the job."""
    layout = watcher.layout
    for prefix in (layout.shuffle(), layout.root):
        for found in watcher.store.list(prefix):
            if found.key != layout.jobdata:
                yield found.key
    if watcher.store.read(layout.jobdata, first_bytes=1) is not None:
        yield layout.jobdata
