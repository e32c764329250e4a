"""Simulated seconds."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from refarch.local import clock


@pytest.fixture(autouse=True)
def factor() -> Iterator[None]:
    clock.configure(60)
    yield
    clock.configure(1)


def test_a_notice_of_two_minutes_takes_two_seconds_at_sixty() -> None:
    assert clock.scaled(120) == 2
    assert clock.elapsed(2) == 120
    assert clock.scaled(-1) == 0


@pytest.mark.parametrize("factor", [0, -1, float("nan")])
def test_time_only_passes_forward(factor: float) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        clock.configure(factor)


def test_waits_are_shortened() -> None:
    clock.configure(1_000_000)
    clock.sleep(3600)
    never = threading.Event()
    assert not clock.wait(never, 3600)
    never.set()
    assert clock.wait(never, 3600)
