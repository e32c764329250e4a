"""The scheduler of AWS Batch: moves jobs from state to state, and starts an attempt when there is room for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from refarch.local.execution import events
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
from refarch.local.execution.batch.places import choose, stuck
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
        self.advance()

    def advance(self) -> None:
        """Let every job go as far as it can now."""
        with self.changed:
            while any(self._admit(job) for job in list(self.live.values())):
                pass
            self._start()
            self.changed.notify_all()

    def to(self, job: Job, status: str, reason: str | None = None, **fields: Any) -> None:
        """Move a job to a state, and tell it on EventBridge."""
        with self.changed:
            move(job, status, reason, fields)
            if status in FINAL:
                self.live.pop(job.job_id, None)
            self._tell(job)
            if status in FINAL and job.parent is not None:
                self._child_ended(job.parent)
            self.changed.notify_all()

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
            self.live.clear()
            for job in jobs:
                if job.container is not None:
                    job.container.kill()
            self.changed.notify_all()

    def lose(self, records: list[dict[str, Any]]) -> None:
        """Fail the jobs that another run of the cloud left behind unfinished."""
        for record in records:
            if record["status"] not in FINAL and record["jobId"] not in self.live:
                record.update(status="FAILED", statusReason=LOST, stoppedAt=now())

    def _admit(self, job: Job) -> bool:
        """Look at what the job waits for; whether that let other jobs' states change."""
        if job.status not in ("SUBMITTED", "PENDING"):
            return False
        if job.children:
            self.to(job, "PENDING") if job.status == "SUBMITTED" else None
            return False
        awaited = dependencies.awaited(job.record.get("dependsOn") or (), job.job_id, job.index)
        states = [(job.scope.copy().run(store.job, one) or {}).get("status") for one in awaited]
        verdict = dependencies.verdict(states)
        if verdict == "failed":
            self.to(job, "FAILED", DEPENDENCY_FAILED, stoppedAt=now())
        elif verdict == "ready":
            self.to(job, "RUNNABLE")
        elif job.status == "SUBMITTED":
            self.to(job, "PENDING")
        return verdict == "failed"

    def _start(self) -> None:
        for key, scope in {_key(job): job.scope for job in self.live.values() if job.status == "RUNNABLE"}.items():
            queues, rooms = store.queues_and_rooms(scope)
            here = [job for job in self.live.values() if _key(job) == key]
            for job in here:
                if job.place in rooms:
                    rooms[job.place].used += job.vcpus
            waiting = [job.waiting() for job in here if job.status == "RUNNABLE" and job.queue in queues]
            for entry in waiting:
                why = stuck(entry, queues, rooms)
                if why and self.live[entry.job].record.get("statusReason") != why:
                    self.to(self.live[entry.job], "RUNNABLE", why)
            for entry, place in choose(waiting, queues, rooms)[: self._free()]:
                self._launch(self.live[entry.job], place)

    def _free(self) -> int:
        return max(0, MOST_AT_ONCE - sum(job.place is not None for job in self.live.values()))

    def _launch(self, job: Job, place: str) -> None:
        job.place = place
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
        events.emit("aws.batch", "Batch Job State Change", job.record, [job.record["jobArn"]], job.scope)


def _key(job: Job) -> tuple[str, str]:
    return job.account, job.region


def end_container(container: Container, ending: Ending) -> None:
    """Ask a container to end; one whose host goes away is not asked."""
    container.kill() if ending.kind == "reclaimed" else container.stop()
