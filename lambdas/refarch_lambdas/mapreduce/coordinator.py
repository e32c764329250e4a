"""The coordinator: woken by events, it reads a job's state from S3, decides, and acts.

Nothing is kept between two runs. Every change of state is a conditional write, so coordinators that run at the same
time, or twice for the same event, cannot start a stage or dispatch a task twice. One that dies in the middle leaves a
lease behind, and the next one finishes its work.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from refarch_lambdas.mapreduce import ending, stages
from refarch_lambdas.mapreduce.decision import (
    Advance,
    Dispatch,
    Fail,
    Idle,
    Limits,
    StageComplete,
    decide,
    redriven,
    waiting_for,
)
from refarch_lambdas.mapreduce.layout import JobLayout
from refarch_lambdas.mapreduce.signals import JobSignals
from refarch_lambdas.mapreduce.snapshot import JobSnapshot, StoredStage, load_snapshot, to_body
from refarch_lambdas.mapreduce.state import StageState
from refarch_lambdas.mapreduce.storage import Storage

_INVOKERS = 16
_MOST_ROUNDS = 50


@dataclass(frozen=True, kw_only=True)
class CoordinatorSettings:
    """What the deployment fixes. Times are seconds; `lease` is the time that this run has left, and a little more:
    a dead coordinator's work is only taken over when it surely is dead."""

    prefix: str
    concurrent: int
    watchdog_seconds: int
    lease: float
    place: ending.Place
    lost_after: float


@dataclass(frozen=True, kw_only=True)
class Seams:
    """The world outside S3. `invoke` starts a task, `wake` sends a delayed message to the coordinator's own queue,
    `metric` counts something, `clock` is the time in epoch seconds."""

    invoke: Callable[[str, dict[str, Any]], None]
    wake: Callable[[dict[str, Any], int], None]
    metric: Callable[[str, float], None]
    clock: Callable[[], float]


class Coordinator:
    """Moves jobs on. `run` is a name for this run, different from all others (the request id)."""

    def __init__(self, storage: Storage, seams: Seams, settings: CoordinatorSettings, run: str) -> None:
        self._storage = storage
        self._seams = seams
        self._settings = settings
        self._run = run
        self._accounted = seams.clock()
        self._requests = storage.requests.snapshot()
        self._counted: set[str] = set()

    def handle(self, job_id: str, signals: JobSignals) -> None:
        """Everything that can be done for a job now. Returns when the job waits for its tasks, or has ended."""
        layout = JobLayout(self._settings.prefix, job_id)
        for _ in range(_MOST_ROUNDS):
            snapshot = load_snapshot(self._storage, layout)
            if snapshot is None:
                return
            self._keep_watch(snapshot, signals)
            if signals.redrives and not self._redrive(snapshot, signals):
                continue
            if self._ended(snapshot) or self._step(snapshot, signals):
                return
        raise RuntimeError(f"job {job_id}: {_MOST_ROUNDS} rounds without an end; other coordinators are always faster")

    def _step(self, snapshot: JobSnapshot, signals: JobSignals) -> bool:
        """One decision and its action. True when there is nothing more to do before the next event."""
        stored, settings = snapshot.stage, self._settings
        if stored is None:
            self._start(snapshot, stages.first_stage(snapshot.job, self._seams.clock()))
            return False
        concurrent = min(settings.concurrent, snapshot.job.concurrent_lambdas)
        decision = decide(
            stored.state,
            stored.done,
            signals.failures,
            now=self._seams.clock(),
            limits=Limits(concurrent=concurrent, lost_after=settings.lost_after, lease=settings.lease),
            wave=self._run,
        )
        match decision:
            case Idle():
                return True
            case Advance():
                self._advance(snapshot, stored, decision)
            case Fail():
                self._fail(snapshot, stored, decision)
            case StageComplete() if stored.state.final:
                ending.succeed(self._storage, snapshot, self._settings.place, self._seams)
            case StageComplete():
                self._start(snapshot, stages.next_stage(self._storage, snapshot, stored.state, self._seams.clock()))
        return False

    def _start(self, snapshot: JobSnapshot, state: StageState) -> None:
        """Create the state of a new stage. Exactly one coordinator succeeds; dispatching follows in the next round."""
        if not state.watchdog:
            state.watchdog = self._run
            self._wake(snapshot, state.watchdog)
        layout = snapshot.layout
        key = layout.reducerstate(state.step) if state.step else layout.mapperstate
        self._account(snapshot, state)
        self._storage.put_create_only(key, to_body(state.to_json()))

    def _advance(self, snapshot: JobSnapshot, stored: StoredStage, decision: Advance) -> None:
        self._account(snapshot, decision.state)
        etag = self._storage.put_if_match(stored.key, to_body(decision.state.to_json()), stored.etag)
        if etag is None:
            return
        self._dispatch(snapshot, decision.state, decision.dispatch)
        if decision.dispatch:
            self._confirm(snapshot, replace(stored, state=decision.state, etag=etag))

    def _dispatch(self, snapshot: JobSnapshot, state: StageState, dispatch: list[Dispatch]) -> None:
        now = self._seams.clock()

        def start(each: Dispatch) -> None:
            event = stages.task_event(self._storage.bucket, snapshot.layout, snapshot.job, state, each, now)
            self._seams.invoke(state.stage, event)

        with ThreadPoolExecutor(_INVOKERS) as pool:
            list(pool.map(start, dispatch))
        retries = sum(each.attempt > 1 for each in dispatch)
        if retries:
            self._seams.metric("TaskRetries", retries)

    def _confirm(self, snapshot: JobSnapshot, stored: StoredStage) -> None:
        """Take this run's wave out of the state. When that fails the lease runs out and the tasks are invoked again,
        which costs a little and changes nothing."""
        for _ in range(_MOST_ROUNDS):
            stored.state.waves.pop(self._run, None)
            if self._storage.put_if_match(stored.key, to_body(stored.state.to_json()), stored.etag):
                return
            again = load_snapshot(self._storage, snapshot.layout)
            if again is None or again.stage is None or again.stage.key != stored.key:
                return
            stored = again.stage

    def _fail(self, snapshot: JobSnapshot, stored: StoredStage, decision: Fail) -> None:
        if self._storage.put_if_match(stored.key, to_body(decision.state.to_json()), stored.etag) is None:
            return
        missing = waiting_for(decision.state, stored.done)
        failure = {
            "state": ending.FAILED,
            "reason": f"{decision.reason} (missing: {missing})",
            "redrive": decision.state.redrive,
            **decision.failure.to_json(),
        }
        self._storage.put_create_only(snapshot.layout.failure, to_body(failure))

    def _ended(self, snapshot: JobSnapshot) -> bool:
        """Whether the job is over. A failed or cancelled one gets its report here."""
        if snapshot.failure is None:
            return snapshot.has_report
        if not snapshot.has_report:
            ending.give_up(self._storage, snapshot, self._settings.place, self._seams)
        return True

    def _redrive(self, snapshot: JobSnapshot, signals: JobSignals) -> bool:
        """Reopen a job that failed or was cancelled. False when somebody else changed it meanwhile: look again."""
        number, failure, stored = max(signals.redrives), snapshot.failure, snapshot.stage
        if failure is None or failure.get("redrive", 0) >= number:
            return True
        if stored is not None and stored.state.redrive < number:
            state = redriven(stored.state, number=number, max_attempts=snapshot.job.max_attempts)
            state.watchdog = self._run
            self._wake(snapshot, state.watchdog)
            if self._storage.put_if_match(stored.key, to_body(state.to_json()), stored.etag) is None:
                return False
        self._storage.delete(snapshot.layout.report)
        self._storage.delete(snapshot.layout.failure)
        return False

    def _keep_watch(self, snapshot: JobSnapshot, signals: JobSignals) -> None:
        """Send the watchdog message on its way again, before anything else can go wrong. A chain that the stage does
        not name ends here: it belongs to a coordinator that was not the one to start the job."""
        chains, signals.watchdogs = set(signals.watchdogs), []
        if snapshot.failure is not None or snapshot.has_report:
            return
        wanted = snapshot.stage.state.watchdog if snapshot.stage else None
        for chain in chains:
            if wanted in (None, chain):
                self._wake(snapshot, chain)

    def _wake(self, snapshot: JobSnapshot, chain: str) -> None:
        message = {"watchdog": {"jobId": snapshot.layout.job_id, "chain": chain}}
        self._seams.wake(message, self._settings.watchdog_seconds)

    def _account(self, snapshot: JobSnapshot, state: StageState) -> None:
        """Add what this run used so far to what the stage's coordinators used."""
        now, requests = self._seams.clock(), self._storage.requests.snapshot()
        job_id = snapshot.layout.job_id
        used = {name: count - self._requests[name] for name, count in requests.items()}
        used |= {"milliseconds": round((now - self._accounted) * 1000), "invocations": int(job_id not in self._counted)}
        for name, amount in used.items():
            state.coordinator[name] = state.coordinator.get(name, 0) + amount
        self._accounted, self._requests = now, requests
        self._counted.add(job_id)
