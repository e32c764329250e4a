"""Watch a job from outside: list its folder, read what is new, until it ends, fails or stops moving.

The original polled for the result every five seconds and for ever; a job whose mapper had failed never ended.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from refarch.mapreduce.problems import JobNotFoundError, JobStalledError, MapReduceError
from refarch.mapreduce.snapshot import ENDED, JobFolder, Snapshot, make_snapshot
from refarch.mapreduce.store import Found, JobStore
from refarch.mapreduce.workspace import Workspace
from refarch_lambdas.mapreduce.layout import JobLayout, ParsedKey, parse_key

__all__ = ["ENDED", "JobWatcher", "Snapshot", "wait"]

POLL_SECONDS = 1.0
REPORT_GRACE_SECONDS = 60.0
"""How long to wait for the report of a job that has failed; its reason is known before."""
_READERS = 16
_COMMITS = frozenset({"mapper", "reducer"})
_STATES = frozenset({"mapperstate", "reducerstate"})


class JobWatcher:
    """One job of a workspace. Every object is read once, and again only when its ETag changes."""

    def __init__(self, workspace: Workspace, job_id: str, *, s3: Any, clock: Callable[[], float] = time.time) -> None:
        """Raises `MapReduceError` for an id that no job can have."""
        self.workspace = workspace
        self.store = JobStore(s3, workspace.job_bucket)
        self.clock = clock
        self._read: dict[str, tuple[str, Any]] = {}
        self._listing: dict[str, Found] = {}
        try:
            self.layout = JobLayout(workspace.prefix, job_id)
        except ValueError as error:
            raise MapReduceError(str(error)) from error

    def look(self) -> Snapshot:
        """The job as it is now. Raises `JobNotFoundError` when the workspace has no such job."""
        return make_snapshot(self.folder(), self.clock())

    def folder(self) -> JobFolder:
        """All that the job's folder says now."""
        self._listing = {found.key: found for found in self.store.list(self.layout.root)}
        if self.layout.jobdata not in self._listing:
            raise JobNotFoundError(
                f"no job {self.layout.job_id!r} in s3://{self.store.bucket}/{self.workspace.prefix}jobs/"
            )
        parsed = self._parsed()
        self._refresh([key for key, what in parsed.items() if what.kind not in {"result", "result.json", "plan"}])
        states = sorted((what.step or 0, key) for key, what in parsed.items() if what.kind in _STATES)
        return JobFolder(
            jobdata=self._document(self.layout.jobdata),
            commits=[self._document(key) for key, what in parsed.items() if what.kind in _COMMITS],
            states=[self._document(key) for _, key in states],
            report=self._end(self.layout.report),
            failure=self._end(self.layout.failure),
        )

    @property
    def redrives(self) -> int:
        """How often the job was redriven, as of the last look."""
        steps = (what.step for what in self._parsed().values() if what.kind == "redrive")
        return max((step for step in steps if step is not None), default=0)

    @property
    def ended_by(self) -> list[str]:
        """ETags of the report and failure that are there, as of the last look; a redrive makes them history."""
        ends = (self.layout.report, self.layout.failure)
        return [self._listing[key].etag for key in ends if key in self._listing]

    @property
    def sign_of_life(self) -> frozenset[tuple[str, str]]:
        """Changes whenever anything in the job's folder does, as of the last look."""
        return frozenset((found.key, found.etag) for found in self._listing.values())

    def _parsed(self) -> dict[str, ParsedKey]:
        every = ((key, parse_key(self.workspace.prefix, key)) for key in self._listing)
        return {key: what for key, what in every if what is not None}

    def _refresh(self, keys: list[str]) -> None:
        stale = [key for key in keys if self._read.get(key, ("", None))[0] != self._listing[key].etag]
        with ThreadPoolExecutor(_READERS) as pool:
            for key, body in zip(stale, pool.map(self.store.read, stale), strict=True):
                if body is not None:
                    self._read[key] = (self._listing[key].etag, json.loads(body))

    def _document(self, key: str) -> Mapping[str, Any]:
        document: Mapping[str, Any] = self._read[key][1]
        return document

    def _end(self, key: str) -> Mapping[str, Any] | None:
        """The report or failure, unless a redrive has made it history."""
        if key not in self._listing or key not in self._read:
            return None
        superseded = self._document(self.layout.redrive(self.redrives))["supersedes"] if self.redrives else []
        return None if self._listing[key].etag in superseded else self._document(key)


def wait(
    watcher: JobWatcher,
    *,
    poll_seconds: float = POLL_SECONDS,
    stall_seconds: float | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Snapshot]:
    """Snapshots until the job has ended, the last one with its report (a failed job's may be missing).

    Raises `JobStalledError` when nothing in the job's folder changed for `stall_seconds`; the default is twice the
    task timeout and ten minutes, by when the coordinator's own watchdog has given up every silent task.
    """
    clock = watcher.clock
    patience = stall_seconds or 2 * watcher.workspace.task_timeout + 600
    life, alive_at = watcher.sign_of_life, clock()
    while True:
        snapshot = watcher.look()
        yield snapshot
        if watcher.sign_of_life != life:
            life, alive_at = watcher.sign_of_life, clock()
        silent = clock() - alive_at
        if snapshot.complete or (snapshot.ended and silent >= REPORT_GRACE_SECONDS):
            return
        if silent >= patience:
            raise JobStalledError(
                f"job {snapshot.job_id!r} has not moved for {silent:.0f} s in stage {snapshot.stage}: "
                f"look at the logs of {watcher.workspace.coordinator} and at its dead-letter queue"
            )
        sleep(poll_seconds)
