"""The traffic simulation: the same figures from the same seed, and figures that follow from how things work."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from refarch.cli import main
from refarch.simulation import CASES, Assumptions, Case, Outcome, chart, compare, simulate
from refarch.simulation.fleet import Instance, Task
from refarch.simulation.outcome import CUT, DEAD, REFUSED
from refarch.simulation.page import BEGIN, END, NoMarksError, with_figures
from refarch.simulation.reclaims import STEADY, STORM, reclaims

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "architectures" / "ecs_spot.md"
PICTURE = ROOT / "docs" / "images" / "ecs-spot-simulation.svg"
FACTS = Assumptions()


@pytest.fixture(scope="module")
def outcomes() -> Mapping[Case, Outcome]:
    return compare()


def test_the_picture_and_the_page_are_what_the_code_says(outcomes: Mapping[Case, Outcome]) -> None:
    again = "run: refarch spot simulate --page docs/architectures/ecs_spot.md"
    assert chart(outcomes) == PICTURE.read_text(), again
    assert with_figures(PAGE.read_text(), outcomes) == PAGE.read_text(), again


def test_the_responder_helps_in_every_case(outcomes: Mapping[Case, Outcome]) -> None:
    for case in CASES:
        if case.responder:
            without = outcomes[replace(case, responder=False)]
            assert outcomes[case].failures < without.failures / 4, case
            assert outcomes[case].failed[CUT] == outcomes[case].failed[DEAD] == 0, case


def test_many_pools_help_in_every_case(outcomes: Mapping[Case, Outcome]) -> None:
    for case in CASES:
        if case.pools == 12:
            few = outcomes[replace(case, pools=2)]
            assert outcomes[case].a_million < few.a_million, case
            assert outcomes[case].failed[REFUSED] == 0 < few.failed[REFUSED], case


def test_the_steady_rate_takes_the_same_from_few_pools_as_from_many(outcomes: Mapping[Case, Outcome]) -> None:
    expected = FACTS.reclaimed_an_hour * FACTS.steady_hours * FACTS.instances
    assert {each.reclaimed for case, each in outcomes.items() if case.scenario == STEADY} == {expected}


def test_the_storm_takes_whole_pools(outcomes: Mapping[Case, Outcome]) -> None:
    taken = {case.pools: each.reclaimed for case, each in outcomes.items() if case.scenario == STORM}
    assert taken == {2: 12, 12: 8}, "half of two pools, a third of twelve: at least 30 percent"


def test_a_fleet_that_nobody_touches_fails_nothing() -> None:
    quiet = replace(FACTS, storm_share=0.0)
    for responder in (True, False):
        outcome = simulate(scenario=STORM, pools=2, responder=responder, facts=quiet)
        assert (outcome.failures, outcome.reclaimed) == (0, 0)
        assert outcome.requests > 40_000


@pytest.mark.parametrize("responder", [True, False])
def test_counting_quiet_stretches_changes_no_result_but_chance(responder: bool) -> None:
    """An hour with one reclaim, played to the last request and with the quiet counted."""
    facts = replace(FACTS, reclaimed_an_hour=0.5, steady_hours=1.0)
    played, counted = (
        simulate(scenario=STEADY, pools=2, responder=responder, facts=facts, skip=skip) for skip in (False, True)
    )
    assert played.reclaimed == counted.reclaimed == 12
    assert played.requests == pytest.approx(counted.requests, rel=0.01)
    assert played.failures == pytest.approx(counted.failures, rel=0.25, abs=60)


def test_the_same_seed_is_the_same_run_and_another_is_not() -> None:
    first, again, other = (simulate(scenario=STORM, pools=12, responder=False, seed=seed) for seed in (3, 3, 4))
    assert first == again
    assert first != other


@pytest.mark.parametrize("seed", range(2, 6))
def test_the_order_of_the_cases_does_not_hang_on_luck(seed: int) -> None:
    failures = {
        (pools, responder): simulate(scenario=STORM, pools=pools, responder=responder, seed=seed).failures
        for pools in (2, 12)
        for responder in (True, False)
    }
    assert failures[12, True] <= failures[2, True] < failures[12, False] < failures[2, False]


def test_a_delay_shorter_than_the_requests_cuts_them() -> None:
    short = replace(FACTS, deregistration_delay=5.0)
    outcome = simulate(scenario=STORM, pools=12, responder=True, facts=short)
    assert outcome.failed[CUT] > 0


def test_without_free_room_a_slow_replacement_costs_more() -> None:
    full = replace(FACTS, room_an_instance=FACTS.tasks_an_instance)
    slow = replace(full, replacement=240.0)
    quick_one, slow_one = (simulate(scenario=STORM, pools=2, responder=False, facts=each) for each in (full, slow))
    assert slow_one.failed[REFUSED] > 1.2 * quick_one.failed[REFUSED]


def test_without_room_the_responder_cannot_save_half_a_fleet() -> None:
    full = replace(FACTS, room_an_instance=FACTS.tasks_an_instance)
    roomy, packed = (simulate(scenario=STORM, pools=2, responder=True, facts=each) for each in (FACTS, full))
    assert packed.failed[REFUSED] > 5 * roomy.failed[REFUSED]


def test_in_a_full_fleet_the_responder_helps_many_pools_and_not_two() -> None:
    """As the page says: what leaves early is missed longer, where nothing can take its place."""
    full = replace(FACTS, requests_a_second=115.0, replacement=600.0)
    failures = {
        (pools, responder): simulate(scenario=STORM, pools=pools, responder=responder, facts=full).failures
        for pools in (2, 12)
        for responder in (False, True)
    }
    assert failures[2, True] > 0.9 * failures[2, False]
    assert failures[12, True] < 0.5 * failures[12, False]


def test_a_task_answers_queues_and_refuses() -> None:
    task = Task(Instance(0, 3), slots=2, queue=1)
    assert [task.offer(0.0, 10.0) for _ in range(4)] == [True, True, True, False]
    assert task.offer(10.0, 1.0), "two are done, the third has a slot"
    assert task.cut(10.5) == 2
    assert task.cut(10.5) == 0


def test_a_download_holds_no_slot_but_is_cut_with_its_task() -> None:
    task = Task(Instance(0, 3), slots=1, queue=0)
    assert task.offer(0.0, 1.0, stay=30.0)
    assert task.offer(1.0, 1.0), "the slot is free"
    assert task.cut(5.0) == 1


def test_steady_reclaims_come_round_robin_and_apart() -> None:
    found = reclaims(STEADY, 12, FACTS, Random(1))
    assert len(found) == 24
    assert all(sum(each.pool == pool for each in found) == 2 for pool in range(12))
    gaps = [later.time - earlier.time for earlier, later in pairwise(found)]
    whole_again = FACTS.notice + FACTS.replacement + FACTS.task_start
    assert min(gaps) > 2 * whole_again


def test_unusable_input_is_named() -> None:
    with pytest.raises(ValueError, match="scenario is 'flood', allowed: steady or storm"):
        simulate(scenario="flood", pools=2, responder=True)
    with pytest.raises(ValueError, match="pools is 7, allowed: a divisor of 24"):
        simulate(scenario=STORM, pools=7, responder=True)
    result = CliRunner().invoke(main, ["spot", "simulate", "--set", "slots=0", "--set", "instances=10"])
    assert result.exit_code == 2
    assert all(name in result.output for name in ("slots is 0", "instances is 10"))


def test_nothing_reclaimed_at_all_is_no_division_by_zero() -> None:
    outcome = simulate(scenario=STEADY, pools=12, responder=True, facts=replace(FACTS, reclaimed_an_hour=0.0))
    assert (outcome.reclaimed, outcome.a_reclaimed_instance, outcome.worst) == (0, 0.0, 0.0)


def test_the_command_prints_a_table_json_and_a_chart(tmp_path: Path) -> None:
    picture = tmp_path / "chart.svg"
    quick = ["--set", "steady_hours=10", "--seed", "7"]
    table = CliRunner().invoke(main, ["spot", "simulate", *quick, "--svg", str(picture)])
    assert len(table.output.splitlines()) == 1 + len(CASES)
    ElementTree.fromstring(picture.read_text())
    assert not re.search(r"(href|src)=", picture.read_text()), "self-contained"
    short = ["--set", "steady_hours=10", "--set", "reclaimed_an_hour=0", "--seed", "7"]
    document = json.loads(CliRunner().invoke(main, ["spot", "simulate", *short, "--json"]).output)
    assert (document["seed"], document["assumptions"]["steady_hours"], len(document["cases"])) == (7, 10.0, len(CASES))
    assert document["assumptions"]["load"] == pytest.approx(0.6)


def test_a_page_without_marks_is_left_alone(outcomes: Mapping[Case, Outcome]) -> None:
    for text in ("# Page\n", f"{BEGIN}\n", f"{END}\n{BEGIN}\n"):
        with pytest.raises(NoMarksError):
            with_figures(text, outcomes)
