"""The scheduler of AWS Batch: moves jobs from state to state, and starts an attempt when there is room for it."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from refarch.local.compute import events
from refarch.local.execution.batch import dependencies, retries, store
from refarch.local.execution.batch.job import (
    CHILD_FAILED,
    DEPENDENCY_FAILED,
    FINAL,
    LOST,
    ON_A_HOST,
    Ending,
    Job,
    Outcome,
    move,
    now,
)
from refarch.local.execution.batch.lines import Line
from refarch.local.execution.batch.places import NOWHERE, Queue, Room, Waiting, choose, stuck
from refarch.local.execution.container import Container

MOST_AT_ONCE = max(8, 4 * (os.cpu_count() or 1))  # processes of jobs; the simulated vCPUs may be many more
Attempt = Callable[[Job], None]


class Scheduler:
    """All jobs that are not final. `attempt` runs one attempt of a job in a thread and reports with `ended`.

    `changed` guards everything here and is notified at every change of state.
    """

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.changed = threading.Condition(threading.RLock())
        self.live: dict[str, Job] = {}
        self._lines: dict[tuple[str, str, str], Line] = {}
        self._placed: dict[str, Job] = {}
        self._awaited_by: dict[str, list[Job]] = {}
        self._due: deque[Job] = deque()  # whose dependencies are to be looked at
        self._number = 0

    def next_number(self) -> int:
        """The place of the next job in the order of submission."""
        self._number += 1
        return self._number

    def submit(self, jobs: list[Job]) -> None:
        """Take new jobs: one, or an array job with its children."""
        with self.changed:
            for job in jobs:
                self.live[job.job_id] = job
                self._tell(job)
            self._due.extend(jobs)
        self.advance()

    def advance(self) -> None:
        """Let every job go as far as it can now."""
        with self.changed:
            while self._due:
                self._admit(self._due.popleft())
            self._start()
            self.changed.notify_all()

    def to(self, job: Job, status: str, reason: str | None = None, **fields: Any) -> None:
        """Move a job to a state, and tell it on EventBridge."""
        with self.changed:
            if (job.status == "RUNNABLE") != (status == "RUNNABLE"):
                line = self._lines.setdefault((job.account, job.region, job.queue), Line())
                line.add(job) if status == "RUNNABLE" else line.remove(job)
            move(job, status, reason, fields)
            self._tell(job)
            if status in FINAL:
                self._let_go(job)
            self.changed.notify_all()

    def _let_go(self, job: Job) -> None:
        """A job is final: its array may be, too, and others may have waited for it."""
        self.live.pop(job.job_id, None)
        self._due.extend(self._awaited_by.pop(job.job_id, ()))
        if job.parent is not None:
            self._child_ended(job.parent)

    def running(self, job: Job, container: Container, **fields: Any) -> None:
        """The attempt's container runs; it is ended at once when that was asked for meanwhile."""
        with self.changed:
            if self.live.get(job.job_id) is not job:
                container.kill()  # the cloud was emptied meanwhile
                return
            job.container = container
            job.record["container"] |= fields
            self.to(job, "RUNNING", startedAt=now())
            if job.ending is not None:
                end_container(container, job.ending)

    def ended(self, job: Job, outcome: Outcome, attempt: dict[str, Any]) -> None:
        """The attempt is over: record it, decide what follows, and let others have its place."""
        with self.changed:
            if self.live.get(job.job_id) is not job:
                return
            job.attempts.append(attempt)
            job.place = job.container = None
            self._placed.pop(job.job_id, None)
            again = outcome.retryable and retries.tries_again(
                job.record.get("retryStrategy"),
                len(job.attempts),
                outcome.exit_code,
                outcome.reason,
                outcome.status_reason,
            )
            job.ending = None
            shown = {"exitCode": outcome.exit_code, "reason": outcome.reason or None}
            job.record["container"] |= {name: value for name, value in shown.items() if value is not None}
            if outcome.succeeded:
                self.to(job, "SUCCEEDED", outcome.status_reason, stoppedAt=now())
            elif again:
                self.to(job, "RUNNABLE", outcome.status_reason)
            else:
                self.to(job, "FAILED", outcome.told, stoppedAt=now())
        self.advance()

    def end(self, job: Job, ending: Ending) -> None:
        """End a job, in whatever state it is; an array job through its children."""
        with self.changed:
            if job.children:
                job.ending = ending
            for one in job.children or [job]:
                if one.status in FINAL or one.ending is not None:
                    continue
                if one.status not in ON_A_HOST:
                    self.to(one, "FAILED", ending.reason, stoppedAt=now())
                    continue
                one.ending = ending
                if one.container is not None:
                    end_container(one.container, ending)
        self.advance()

    def forget(self) -> None:
        """Kill what runs and know nothing more of it."""
        with self.changed:
            jobs = list(self.live.values())
            for known in (self.live, self._lines, self._placed, self._awaited_by, self._due):
                known.clear()
            for job in jobs:
                if job.container is not None:
                    job.container.kill()
            self.changed.notify_all()

    def lose(self, records: list[dict[str, Any]]) -> None:
        """Fail the jobs that another run of the cloud left behind unfinished."""
        for record in records:
            if record["status"] not in FINAL and record["jobId"] not in self.live:
                record.update(status="FAILED", statusReason=LOST, stoppedAt=now())

    def _admit(self, job: Job) -> None:
        """Look at what a job waits for, and let it go on when that is over."""
        if job.status not in ("SUBMITTED", "PENDING"):
            return
        awaited = dependencies.awaited(job.record.get("dependsOn") or (), job.job_id, job.index)
        states = {one: (job.scope.copy().run(store.job, one) or {}).get("status") for one in awaited}
        verdict = "waiting" if job.children else dependencies.verdict(list(states.values()))
        if verdict == "failed":
            self.to(job, "FAILED", DEPENDENCY_FAILED, stoppedAt=now())
        elif verdict == "ready":
            self.to(job, "RUNNABLE")
        elif job.status == "SUBMITTED":
            for one, status in states.items():
                if status not in (*FINAL, None) and not job.children:
                    self._awaited_by.setdefault(one, []).append(job)
            self.to(job, "PENDING")

    def _start(self) -> None:
        free = MOST_AT_ONCE - len(self._placed)
        for place in sorted({key[:2] for key, line in self._lines.items() if len(line)}) if free > 0 else ():
            lines = [line for key, line in self._lines.items() if key[:2] == place and len(line)]
            queues, rooms = store.queues_and_rooms(next(iter(lines[0])).scope)
            for job in self._placed.values():
                if (job.account, job.region) == place and job.place in rooms:
                    rooms[job.place].used += job.vcpus
            waiting = [entry for line in lines for entry in self._foremost(line, queues, rooms)]
            for entry, where in choose(waiting, queues, rooms)[: MOST_AT_ONCE - len(self._placed)]:
                self._launch(self.live[entry.job], where)

    def _foremost(self, line: Line, queues: Mapping[str, Queue], rooms: Mapping[str, Room]) -> list[Waiting]:
        """The first jobs of a line that can start at all, no more than could start at once; others are told why not."""
        found: list[Waiting] = []
        for job in line:
            entry = job.waiting()
            why = stuck(entry, queues, rooms) if entry.queue in queues else NOWHERE
            if why is None:
                found.append(entry)
            elif job.record.get("statusReason") != why:
                self.to(job, "RUNNABLE", why)
            if len(found) == MOST_AT_ONCE:
                break
        return found

    def _launch(self, job: Job, place: str) -> None:
        job.place = place
        self._placed[job.job_id] = job
        job.record["container"].pop("exitCode", None)
        job.record["container"].pop("reason", None)
        self.to(job, "STARTING")
        name = f"refarch-job-{job.job_id[:8]}"
        threading.Thread(target=job.scope.copy().run, args=(self.attempt, job), name=name, daemon=True).start()

    def _child_ended(self, parent: Job) -> None:
        summary = parent.record["arrayProperties"]["statusSummary"]
        if sum(summary.get(status, 0) for status in FINAL) < len(parent.children):
            return
        if not summary.get("FAILED"):
            self.to(parent, "SUCCEEDED", stoppedAt=now())
        else:
            self.to(parent, "FAILED", parent.ending.reason if parent.ending else CHILD_FAILED, stoppedAt=now())

    def _tell(self, job: Job) -> None:
        arguments = ("aws.batch", "Batch Job State Change", job.record, [job.record["jobArn"]])
        job.scope.copy().run(events.later, *arguments)


def end_container(container: Container, ending: Ending) -> None:
    """Ask a container to end; one whose host goes away is not asked."""
    container.kill() if ending.kind == "reclaimed" else container.stop()
