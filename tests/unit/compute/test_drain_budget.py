"""The drain budget: what fits into two minutes, and what the error shows."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.compute.drain_budget import NOTICE_SECONDS, DrainBudget, DrainBudgetError

SECONDS = st.floats(0, 300)


def test_the_default_fits() -> None:
    DrainBudget().check()
    assert DrainBudget().seconds == 110


def test_the_originals_delay_leaves_nothing_and_the_error_shows_the_sum() -> None:
    """Its target group waited 120 seconds, the whole notice."""
    with pytest.raises(DrainBudgetError) as caught:
        DrainBudget(deregistration_delay=120).check()
    assert str(caught.value) == (
        "drain budget: deregistration delay 120 s + stop timeout 30 s + event latency 20 s = 170 s, "
        "allowed: 120 s (50 s too long)"
    )


def test_every_negative_part_is_named() -> None:
    found = DrainBudget(deregistration_delay=-1, stop_timeout=-2, event_latency=math.nan).problems()
    assert [each.partition(",")[0] for each in found] == [
        "deregistration delay is -1 s",
        "stop timeout is -2 s",
        "event latency is nan s",
    ]


@given(SECONDS, SECONDS, SECONDS)
def test_it_holds_exactly_when_the_sum_does(delay: float, stop: float, latency: float) -> None:
    budget = DrainBudget(deregistration_delay=delay, stop_timeout=stop, event_latency=latency)
    assert (budget.problems() == []) is (budget.seconds <= NOTICE_SECONDS)


def test_the_edge_is_inside() -> None:
    assert DrainBudget(deregistration_delay=70).problems() == []
    assert DrainBudget(deregistration_delay=70.5).problems() != []
