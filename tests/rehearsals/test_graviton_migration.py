"""The rehearsals of GravitonMigration, as pytest runs them."""

from __future__ import annotations

import pytest

from rehearsals.graviton_migration import CLOCK_FACTOR, rehearse, rehearse_records
from rehearsals.resolvers import answers, within_chance
from rehearsals.stage import on_stage


@pytest.mark.rehearsal
def test_traffic_moves_by_the_listener_and_back() -> None:
    account = on_stage("GravitonMigration", rehearse, clock_factor=CLOCK_FACTOR)
    assert len(account.checked) >= 18


@pytest.mark.rehearsal
def test_traffic_moves_by_records_and_resolvers_follow() -> None:
    account = on_stage("GravitonMigration", rehearse_records, clock_factor=CLOCK_FACTOR)
    assert len(account.checked) >= 6


def test_the_bounds_would_notice_another_weight() -> None:
    told = answers({"blue": 85, "green": 15}, 10_000, seed=1)
    assert within_chance(told["green"], 10_000, 0.15)
    assert not within_chance(told["green"], 10_000, 0.10)
    assert answers({"blue": 0, "green": 0}, 100, seed=1).keys() == {"blue", "green"}
