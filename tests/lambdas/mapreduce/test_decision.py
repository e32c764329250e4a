"""The coordinator's decision: the same snapshot, whatever the events were, gives one next step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from refarch_lambdas.mapreduce.decision import (
    Advance,
    Dispatch,
    Fail,
    Idle,
    Limits,
    StageComplete,
    decide,
    lost_after,
    redriven,
    waiting_for,
)
from refarch_lambdas.mapreduce.state import MAPPER, StageState, TaskFailure

LIMITS = Limits(concurrent=10, lost_after=lost_after(60), lease=30)


def stage(count: int, **changes: object) -> StageState:
    state = StageState(
        stage=MAPPER,
        step=0,
        start_time=0.0,
        total_s3_files=count,
        attempt_limit=3,
        attempt=[0] * count,
        at=[0.0] * count,
    )
    for name, value in changes.items():
        setattr(state, name, value)
    return state


def failure(task: int, attempt: int, kind: str = "Runtime.ExitError") -> TaskFailure:
    return TaskFailure(stage=MAPPER, step=0, task_id=task, attempt=attempt, error_type=kind, error="boom", at=5.0)


def running(count: int) -> StageState:
    """All tasks dispatched at time 1 and confirmed."""
    decision = decide(stage(count), frozenset(), [], now=1.0, limits=LIMITS, wave="a")
    assert isinstance(decision, Advance)
    decision.state.waves.clear()
    return decision.state


def test_a_new_stage_dispatches_every_task_once() -> None:
    decision = decide(stage(3), frozenset(), [], now=1.0, limits=LIMITS, wave="a")
    assert isinstance(decision, Advance)
    assert decision.dispatch == [Dispatch(0, 1), Dispatch(1, 1), Dispatch(2, 1)]
    assert decision.state.waves == {"a": {"tasks": [0, 1, 2], "leaseUntil": 31.0}}


def test_no_more_tasks_are_in_flight_than_allowed() -> None:
    limits = replace(LIMITS, concurrent=2)
    first = decide(stage(5), frozenset(), [], now=1.0, limits=limits, wave="a")
    assert isinstance(first, Advance)
    assert [each.task_id for each in first.dispatch] == [0, 1]
    then = decide(first.state, frozenset({1}), [], now=2.0, limits=limits, wave="b")
    assert isinstance(then, Advance)
    assert then.dispatch == [Dispatch(2, 1)]


def test_an_event_that_changes_nothing_is_idle() -> None:
    """Original defect 4: each S3 event could start the next stage again."""
    state = running(3)
    assert decide(state, frozenset({0}), [], now=2.0, limits=LIMITS, wave="b") == Idle()
    assert decide(state, frozenset({0}), [], now=2.0, limits=LIMITS, wave="b") == Idle()


def test_a_stage_is_complete_when_every_task_has_committed() -> None:
    assert decide(running(2), frozenset({0, 1}), [], now=2.0, limits=LIMITS, wave="b") == StageComplete()
    assert decide(stage(0), frozenset(), [], now=2.0, limits=LIMITS, wave="b") == StageComplete()


def test_a_failed_attempt_runs_again() -> None:
    decision = decide(running(2), frozenset(), [failure(1, 1)], now=6.0, limits=LIMITS, wave="b")
    assert isinstance(decision, Advance)
    assert decision.dispatch == [Dispatch(1, 2)]
    assert [entry["error"] for entry in decision.state.failures] == ["boom"]


def test_a_failure_reported_twice_counts_once() -> None:
    decision = decide(running(2), frozenset(), [failure(1, 1), failure(1, 1)], now=6.0, limits=LIMITS, wave="b")
    assert isinstance(decision, Advance)
    assert decision.dispatch == [Dispatch(1, 2)]
    decision.state.waves.clear()
    late = decide(decision.state, frozenset(), [failure(1, 1)], now=7.0, limits=LIMITS, wave="c")
    assert late == Idle()


def test_a_failure_after_the_commit_is_no_failure() -> None:
    """The worker died after it had committed: its result counts."""
    assert decide(running(2), frozenset({1}), [failure(1, 1)], now=6.0, limits=LIMITS, wave="b") == Idle()


def test_the_last_attempt_fails_the_job_with_its_reason() -> None:
    """Original defect 6: a failed mapper left the driver polling for ever."""
    state = running(2)
    state.attempt[1] = 3
    decision = decide(state, frozenset(), [failure(1, 3)], now=6.0, limits=LIMITS, wave="b")
    assert isinstance(decision, Fail)
    assert decision.reason == "mapper task 1 failed at attempt 3 of 3: Runtime.ExitError: boom"


def test_what_a_retry_cannot_change_fails_at_once() -> None:
    decision = decide(running(2), frozenset(), [failure(0, 1, "BadRecordsError")], now=6.0, limits=LIMITS, wave="b")
    assert isinstance(decision, Fail)


def test_a_silent_task_is_lost_after_a_bounded_time() -> None:
    state = running(2)
    assert decide(state, frozenset({0}), [], now=1.0 + LIMITS.lost_after, limits=LIMITS, wave="b") == Idle()
    decision = decide(state, frozenset({0}), [], now=2.0 + LIMITS.lost_after, limits=LIMITS, wave="b")
    assert isinstance(decision, Advance)
    assert decision.dispatch == [Dispatch(1, 2)]
    assert decision.state.failures[0]["errorType"] == "TaskLost"


def test_a_wave_whose_coordinator_died_is_invoked_again_as_the_same_attempt() -> None:
    first = decide(stage(3), frozenset(), [], now=1.0, limits=LIMITS, wave="dead")
    assert isinstance(first, Advance)
    assert decide(first.state, frozenset(), [], now=30.0, limits=LIMITS, wave="b") == Idle()
    again = decide(first.state, frozenset({0}), [], now=32.0, limits=LIMITS, wave="b")
    assert isinstance(again, Advance)
    assert again.dispatch == [Dispatch(1, 1), Dispatch(2, 1)]
    assert list(again.state.waves) == ["b"]


def test_a_redrive_runs_what_failed_and_keeps_what_is_done() -> None:
    state = running(3)
    state.attempt = [1, 3, 1]
    after = redriven(state, number=1, max_attempts=3)
    assert (after.redrive, after.attempt_limit) == (1, 6)
    decision = decide(after, frozenset({0}), [], now=9.0, limits=LIMITS, wave="b")
    assert isinstance(decision, Advance)
    assert decision.dispatch == [Dispatch(1, 4), Dispatch(2, 2)]


def test_waiting_for_names_the_missing_tasks() -> None:
    assert waiting_for(stage(3), frozenset({1})) == "2 of 3 mapper tasks (0, 2)"


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_state_survives_its_document(count: int) -> None:
    state = stage(count, retry=[], watchdog="w", waves={"a": {"tasks": [], "leaseUntil": 1.0}})
    document = state.to_json()
    assert document["mapCount"] == count
    assert StageState.from_json(document) == state
