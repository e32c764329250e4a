"""The weighted move: decided by state, alarms and time; kept through crashes, doubled runs and changes from outside."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch_lambdas.traffic_shift.decision import (
    ABORT,
    ALARM,
    DONE,
    IDLE,
    IGNORE,
    NO_DATA,
    OK,
    ROLL_BACK,
    ROLLED_BACK,
    SHIFTING,
    START,
    Plan,
    State,
    confirm,
    decide,
    weight_of,
)

PLAN = Plan(steps=(10, 50, 100), bake_seconds=600, patience_seconds=1800)
QUIET, FIRING, SILENT = {"errors": OK}, {"errors": ALARM}, {"errors": NO_DATA}


def at(step: int, **changes: Any) -> State:
    return replace(State(phase=SHIFTING, step=step, since=1000.0), **changes)


def test_a_quiet_bake_goes_on_and_an_unfinished_one_holds() -> None:
    assert decide(PLAN, at(0), QUIET, 1599.0) == at(0)
    following = decide(PLAN, at(0), QUIET, 1600.0)
    assert (following.step, following.applied, weight_of(PLAN, following)) == (1, False, 50)
    last = decide(PLAN, at(2), QUIET, 1600.0)
    assert (last.phase, weight_of(PLAN, last)) == (DONE, 100)


@pytest.mark.parametrize("step", [0, 1, 2])
@pytest.mark.parametrize("applied", [True, False])
def test_an_alarm_in_a_bake_takes_everything_back(step: int, applied: bool) -> None:
    back = decide(PLAN, at(step, applied=applied), {**QUIET, "latency": ALARM}, 1001.0)
    assert (back.phase, weight_of(PLAN, back), back.applied) == (ROLLED_BACK, 0, False)
    assert "latency" in back.reason
    assert decide(PLAN, back, QUIET, 9e9) is back


def test_a_start_begins_with_the_first_step_and_not_while_an_alarm_fires() -> None:
    begun = decide(PLAN, State(version=7), QUIET, 5.0, START)
    assert (begun.phase, weight_of(PLAN, begun), begun.version) == (SHIFTING, 10, 7)
    refused = decide(PLAN, State(), FIRING, 5.0, START)
    assert (refused.phase, refused.reason) == (IDLE, "not started, in ALARM: errors")
    assert decide(PLAN, begun, QUIET, 6.0, START) is begun
    assert decide(PLAN, State(phase=ROLLED_BACK), QUIET, 6.0, START).phase == SHIFTING


@pytest.mark.parametrize(("phase", "after"), [(SHIFTING, ROLLED_BACK), (DONE, ROLLED_BACK), (IDLE, IDLE)])
def test_an_abort_takes_back_what_there_is(phase: str, after: str) -> None:
    assert decide(PLAN, State(phase=phase), QUIET, 5.0, ABORT).phase == after


def test_a_finished_move_is_not_watched_any_more() -> None:
    assert decide(PLAN, State(phase=DONE), FIRING, 5.0).phase == DONE


def test_a_bake_begins_only_when_the_share_is_in_place() -> None:
    pending = at(1, applied=False)
    assert decide(PLAN, pending, QUIET, 9e9) is pending
    confirmed = confirm(pending, 5000.0)
    assert decide(PLAN, confirmed, QUIET, 5599.0).step == 1
    assert decide(PLAN, confirmed, QUIET, 5600.0).step == 2


def test_without_data_the_move_holds_then_bakes_anew_or_goes_back() -> None:
    waiting = decide(PLAN, at(0), SILENT, 1700.0)
    assert (waiting.step, waiting.missing_since) == (0, 1700.0)
    assert decide(PLAN, waiting, SILENT, 3499.0) is waiting
    again = decide(PLAN, waiting, QUIET, 2000.0)
    assert (again.step, again.since, again.missing_since) == (0, 2000.0, 0.0)
    assert decide(PLAN, waiting, SILENT, 3500.0).phase == ROLLED_BACK
    assert decide(replace(PLAN, missing_data=ROLL_BACK), at(0), SILENT, 1700.0).phase == ROLLED_BACK
    assert decide(replace(PLAN, missing_data=IGNORE), at(0), SILENT, 1700.0).step == 1
    assert decide(replace(PLAN, missing_data=IGNORE), at(0), FIRING, 1700.0).phase == ROLLED_BACK


@pytest.mark.parametrize("steps", [(), (50,), (0, 100), (50, 50, 100), (100, 50), (10, 110)])
def test_every_problem_of_a_plan_is_told(steps: tuple[int, ...]) -> None:
    problems = Plan(steps=steps, bake_seconds=0, missing_data="guess", patience_seconds=-1).wrong()
    assert [name for name, _, _ in problems] == ["steps", "bake_seconds", "missing_data", "patience_seconds"]


@given(st.lists(st.tuples(st.sampled_from([OK, ALARM, NO_DATA]), st.integers(1, 2000)), max_size=60))
def test_whatever_the_alarms_say_shares_only_rise_step_by_step_or_fall_to_nothing(story: list[tuple[str, int]]) -> None:
    state, now, shares = decide(PLAN, State(), QUIET, 0.0, START), 0.0, [10]
    for seen, seconds in story:
        now += seconds
        state = decide(PLAN, confirm(state, now), {"errors": seen}, now)
        shares.append(weight_of(PLAN, state))
        if seen == ALARM and state.phase == SHIFTING:
            pytest.fail("an alarm did not take it back")
    allowed = {(10, 50), (50, 100), (10, 0), (50, 0), (100, 0)}
    assert {pair for pair in pairwise(shares) if pair[0] != pair[1]} <= allowed


@dataclass
class Service:
    """Old and new stack under load: a minute's requests, its share of errors, and an alarm over the new one's."""

    rate: float
    share: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(11))

    def alarm(self) -> dict[str, str]:
        """More than 2 % of the new stack's answers of a minute were errors."""
        mine = sum(self.chance.random() < self.share / 100 for _ in range(3000))
        errors = sum(self.chance.random() < self.rate for _ in range(mine))
        return {"errors": NO_DATA if not mine else ALARM if errors > 0.02 * mine else OK}


def shares_of(rates: dict[int, float]) -> Iterator[int]:
    """Minute by minute, with the rate of errors that the new stack has at each share."""
    service, state, now = Service(rates[10], share=0), State(), 0.0
    state = decide(PLAN, state, {"errors": OK}, now, START)
    for _ in range(60):
        now += 60
        state = confirm(state, now)
        service.share = weight_of(PLAN, state)
        service.rate = rates.get(service.share, 0.0)
        yield service.share
        state = decide(PLAN, state, service.alarm(), now)


def test_error_rates_of_a_good_stack_drive_it_from_a_tenth_to_everything() -> None:
    shares = list(shares_of({10: 0.001, 50: 0.001, 100: 0.001}))
    assert sorted(set(shares)) == [10, 50, 100]
    assert shares == sorted(shares)
    assert shares.count(10) == shares.count(50) >= 10


@pytest.mark.parametrize(("bad_at", "most"), [(10, 10), (50, 50), (100, 100)])
def test_error_rates_of_a_bad_one_take_it_back_to_nothing_for_good(bad_at: int, most: int) -> None:
    shares = list(shares_of({10: 0.001, 50: 0.001, 100: 0.001} | {bad_at: 0.1}))
    assert max(shares) == most
    assert shares[-1] == 0
    assert shares.count(bad_at) == 1
