"""What a coordinator does next: a pure function of the stage's state, its committed tasks and the clock.

No AWS in here. The same snapshot always gives the same decision, so events that are delivered twice, late or out of
order change nothing: what counts is what S3 holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from itertools import chain, islice

from refarch_lambdas.mapreduce.state import StageState, TaskFailure

# Error types that the same input and code bring about again: a retry would only cost money.
PERMANENT_ERRORS = frozenset(
    {
        "PermanentError",
        "JobContractError",
        "BadRecordsError",
        "InputChangedError",
        "InputNotFoundError",
        "UserCodeError",
    }
)
LOST = "TaskLost"
# Beyond its own timeout a task may wait in Lambda's queue for as long again; then there is a minute for its events.
LOST_GRACE_SECONDS = 60.0


@dataclass(frozen=True)
class Dispatch:
    """Invoke the task `task_id` as attempt `attempt`."""

    task_id: int
    attempt: int


@dataclass(frozen=True)
class Idle:
    """Nothing to do before the next event."""


@dataclass(frozen=True)
class Advance:
    """Write `state` (compare-and-swap), then invoke `dispatch`."""

    state: StageState
    dispatch: list[Dispatch] = field(default_factory=list)


@dataclass(frozen=True)
class Fail:
    """End the job: `failure` is the attempt after which there is no other. `state` remembers it."""

    state: StageState
    failure: TaskFailure

    @property
    def reason(self) -> str:
        step = f" step {self.failure.step}" if self.failure.step else ""
        return (
            f"{self.failure.stage}{step} task {self.failure.task_id} failed at attempt {self.failure.attempt} "
            f"of {self.state.attempt_limit}: {self.failure.error_type}: {self.failure.error}"
        )


@dataclass(frozen=True)
class StageComplete:
    """Every task of the stage has committed: the next stage, or the end of the job."""


Decision = Idle | Advance | Fail | StageComplete


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`concurrent`: tasks in flight at once. `lost_after`: seconds without a word after which a task is given up.
    `lease`: seconds in which the coordinator that dispatches a wave must have invoked all of it."""

    concurrent: int
    lost_after: float
    lease: float


def lost_after(task_timeout: float) -> float:
    """Seconds after dispatch at which a silent task is lost: waiting in the queue, running, and a grace."""
    return 2 * task_timeout + LOST_GRACE_SECONDS


def decide(
    state: StageState,
    done: Set[int],
    reported: Iterable[TaskFailure],
    *,
    now: float,
    limits: Limits,
    wave: str,
) -> Decision:
    """The next step of a stage. `done` are the committed tasks, `reported` the failures that just came in."""
    if len(done) == state.count:
        return StageComplete()
    after, flying = state.copy(), _in_flight(state, done)
    for failure in [*_current(state, flying, reported), *_lost(state, flying, now, limits)]:
        _remember(after, failure)
        if failure.error_type in PERMANENT_ERRORS or failure.attempt >= after.attempt_limit:
            return Fail(after, failure)
        if failure.task_id not in after.retry:
            after.retry.append(failure.task_id)
    after.retry = [task for task in after.retry if task not in done]
    given_up = set(after.retry)
    flying = [task for task in flying if task not in given_up] if given_up else flying
    orphans = _abandoned_waves(after, flying, now)
    dispatch = [*orphans, *_next_tasks(after, done, limits.concurrent - len(flying))]
    if dispatch:
        _record(after, dispatch, now=now, wave=wave, lease=limits.lease)
    return Idle() if after == state else Advance(after, dispatch)


def redriven(state: StageState, *, number: int, max_attempts: int) -> StageState:
    """The stage as redrive `number` leaves it: every task that was dispatched and has no result may run again."""
    after = state.copy()
    after.redrive = number
    after.attempt_limit = max([0, *state.attempt]) + max_attempts
    after.retry = [task for task, attempt in enumerate(state.attempt) if attempt]
    after.waves = {}
    return after


def waiting_for(state: StageState, done: Set[int]) -> str:
    """What a stage has not got yet, in words, for the report of a job that stopped moving."""
    missing = [task for task in range(state.count) if task not in done]
    shown = ", ".join(str(task) for task in missing[:10]) + (" …" if len(missing) > 10 else "")
    return f"{len(missing)} of {state.count} {state.stage} tasks ({shown})"


def _remember(state: StageState, failure: TaskFailure) -> None:
    """Once: the message behind a failure comes again when the coordinator dies before it has dealt with it."""
    if (failure.task_id, failure.attempt) not in {(known["id"], known["attempt"]) for known in state.failures}:
        state.failures.append(failure.to_json())


def _in_flight(state: StageState, done: Set[int]) -> list[int]:
    """Dispatched, without a result, and not given up. Once a decision: it looks at every task of the stage."""
    waiting = set(state.retry)
    return [task for task, attempt in enumerate(state.attempt) if attempt and task not in done and task not in waiting]


def _current(state: StageState, in_flight: list[int], reported: Iterable[TaskFailure]) -> list[TaskFailure]:
    """Reports about the attempt that is in flight, each task once; all others are late or doubled."""
    flying = set(in_flight)
    current = {
        failure.task_id: failure
        for failure in reported
        if failure.task_id in flying
        and (failure.stage, failure.step, failure.attempt) == (state.stage, state.step, state.attempt[failure.task_id])
    }
    return [current[task] for task in sorted(current)]


def _lost(state: StageState, in_flight: list[int], now: float, limits: Limits) -> list[TaskFailure]:
    overdue = [task for task in in_flight if now - state.at[task] > limits.lost_after]
    message = f"no result and no failure within {limits.lost_after:.0f} s of its dispatch"
    return [
        TaskFailure(
            stage=state.stage,
            step=state.step,
            task_id=task,
            attempt=state.attempt[task],
            error_type=LOST,
            error=message,
            at=now,
            started_at=state.at[task],
        )
        for task in overdue
    ]


def _abandoned_waves(state: StageState, in_flight: list[int], now: float) -> list[Dispatch]:
    """Tasks of waves whose coordinator died while invoking: same attempt, invoked again."""
    abandoned = [name for name, wave in state.waves.items() if wave["leaseUntil"] < now]
    tasks = sorted({task for name in abandoned for task in state.waves[name]["tasks"]})
    for name in abandoned:
        del state.waves[name]
    flying = set(in_flight) if tasks else set()
    return [Dispatch(task, state.attempt[task]) for task in tasks if task in flying]


def _next_tasks(state: StageState, done: Set[int], room: int) -> list[Dispatch]:
    """As many tasks as there is room for: retries first, then those that never ran, in order."""
    fresh = (task for task, attempt in enumerate(state.attempt) if attempt == 0 and task not in done)
    going = islice(chain(sorted(state.retry), fresh), max(0, room))
    return [Dispatch(task, state.attempt[task] + 1) for task in going]


def _record(state: StageState, dispatch: list[Dispatch], *, now: float, wave: str, lease: float) -> None:
    for each in dispatch:
        state.attempt[each.task_id] = each.attempt
        state.at[each.task_id] = now
    going = {each.task_id for each in dispatch}
    state.retry = [task for task in state.retry if task not in going]
    state.waves[wave] = {"tasks": sorted(going), "leaseUntil": now + lease}
