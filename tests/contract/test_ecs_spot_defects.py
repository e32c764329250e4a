"""The originals' sixteen defects and the CDK's traps: where each is tested, and that each test finds its defect."""

from __future__ import annotations

import ast
import copy
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.contract.conftest import Synthesized
from tests.contract.ecs_spot_defects import DEFECTS, POLL, UNCLOSED
from tests.contract.ecs_spot_template import Defect

TESTS = Path(__file__).resolve().parents[1]
HERE = "contract/test_ecs_spot_defects.py::test_ours_is_without"
LAMBDAS = "lambdas/interruptions"
# Number of the defect or trap: what it was, and the tests that fail when it comes back.
MAP: dict[str, tuple[str, tuple[str, ...]]] = {
    "1": (
        "a filter with a key given twice: the group of another instance",
        (
            f"{LAMBDAS}/test_original_defect.py::test_ours_takes_the_instances_own_group",
            f"{LAMBDAS}/test_original_defect.py::test_the_code_of_the_post_takes_the_group_of_another_instance",
        ),
    ),
    "2": (
        "the text names one tag, the code reads another",
        (f"{LAMBDAS}/test_targets.py::test_a_tag_names_the_group",),
    ),
    "3": (
        "errors were swallowed: no retry, dead letters, alarm, metric",
        (
            HERE,
            f"{LAMBDAS}/test_handler.py::test_it_fails_at_the_end_with_every_problem",
            f"{LAMBDAS}/test_responder.py::test_access_denied_on_one_action_does_not_stop_the_others",
        ),
    ),
    "4": (
        "one group, no port, no addresses",
        (
            f"{LAMBDAS}/test_targets.py::test_a_tag_may_hold_several_and_names_of_groups",
            f"{LAMBDAS}/test_targets.py::test_the_ports_are_those_that_were_registered",
            f"{LAMBDAS}/test_targets.py::test_targets_by_address_of_any_interface",
        ),
    ),
    "5": (
        "a deregistration delay as long as the notice",
        (
            HERE,
            "unit/compute/test_drain_budget.py::test_the_originals_delay_leaves_nothing_and_the_error_shows_the_sum",
        ),
    ),
    "6": (
        "the topic was told of every Spot Instance of the account",
        (HERE, f"{LAMBDAS}/test_old_behaviour.py::test_people_are_told_of_their_own_instances_only"),
    ),
    "7": ("instances had to be in the default security group", (HERE,)),
    "8": (
        "a shell test without a blank before its bracket",
        (HERE, "contract/test_ecs_spot_defects.py::test_the_shell_test_of_the_original_worked_by_accident"),
    ),
    "9": (
        "metadata were asked for without a token",
        (HERE, "unit/compute/test_spot_capacity.py::test_instances_start_safely"),
    ),
    "10": ("upstart, Python 2, the old log agent", (HERE,)),
    "11": ("one type in two zones", (HERE, "unit/compute/test_spot_capacity_pools.py::test_fewer_pools_are_a_warning")),
    "12": ("no way to a service, no scaling, images of 2018", (HERE,)),
    "13": (
        "the same state asked for every five seconds",
        (HERE, f"{LAMBDAS}/test_old_behaviour.py::test_an_instance_that_drains_already_is_not_asked_again"),
    ),
    "14": (
        "any container instance, any log",
        (HERE, "unit/compute/test_interruption_responder.py::test_a_cluster_is_in_the_resource_and_in_the_condition"),
    ),
    "15": (
        "tasks that no service replaces, and nobody told",
        (f"{LAMBDAS}/test_responder.py::test_tasks_that_no_service_replaces_are_told",),
    ),
    "16": (
        "a file named after the wrong process; the wrong cluster",
        (HERE, f"{LAMBDAS}/test_old_behaviour.py::test_of_several_clusters_the_right_one_drains"),
    ),
    "trap 1": (
        "the line for Spot draining was left out",
        (
            HERE,
            "unit/containers/test_spot_cluster.py::test_the_agent_is_told_to_drain_on_a_notice",
            "unit/containers/test_spot_cluster.py::test_the_cdk_alone_still_leaves_the_line_out",
        ),
    ),
    "trap 2": (
        "two ways of draining; a stack that cannot be deleted",
        (
            HERE,
            "unit/containers/test_spot_cluster.py::test_each_group_drains_in_one_way",
            "unit/containers/test_spot_cluster.py::test_nothing_protects_an_instance_from_the_stacks_deletion",
            "unit/containers/test_spot_cluster_extras.py::"
            "test_a_service_is_made_after_the_providers_and_goes_before_them",
        ),
    ),
    "platform": (
        "what AWS has ended: launch configurations, Spot Fleet, bids, Amazon Linux 2, a1, old runtimes",
        (
            HERE,
            "contract/test_traps.py::test_no_launch_configuration",
            "contract/test_traps.py::test_no_runtime_ends_within_half_a_year",
            "unit/compute/test_spot_capacity.py::test_spot_is_spread_without_a_price_and_the_size_stays",
            "unit/compute/test_spot_capacity.py::test_the_image_is_amazon_linux_2023_of_the_architecture",
            "unit/compute/test_spot_capacity_types.py::test_a_complaint_helps",
        ),
    ),
}


def test_every_defect_has_a_test_that_exists() -> None:
    assert [number for number in map(str, range(1, 17)) if number not in MAP] == []
    named = [test.split("::") for _, tests in MAP.values() for test in tests]
    missing = [f"{path}::{name}" for path, name in named if name not in functions(TESTS / path)]
    assert missing == []
    assert {each.number for each in DEFECTS} == {number for number, (_, tests) in MAP.items() if HERE in tests}


def functions(path: Path) -> set[str]:
    return {each.name for each in ast.walk(ast.parse(path.read_text())) if isinstance(each, ast.FunctionDef)}


@pytest.fixture(scope="module", params=["ecs_spot", "ecs_spot.everything"])
def template(request: pytest.FixtureRequest, assemblies: Path) -> Any:
    return Synthesized(request.param, assemblies / request.param, "EcsSpot").template


def named(defect: Defect) -> str:
    return f"{defect.number}: {defect.was}"


@pytest.mark.parametrize("defect", DEFECTS, ids=named)
def test_ours_is_without(template: Any, defect: Defect) -> None:
    assert defect.check(copy.deepcopy(template)) == []


@pytest.mark.parametrize("defect", DEFECTS, ids=named)
def test_and_would_not_go_unseen(template: Any, defect: Defect) -> None:
    changed = copy.deepcopy(template)
    defect.again(changed)
    assert defect.check(changed) != []


@pytest.mark.parametrize(("answer", "says"), [("", "no notice"), ("2026-11-20T10:02:00Z", "drain")])
def test_the_shell_test_of_the_original_worked_by_accident(answer: str, says: str) -> None:
    """Without the blank, an empty answer becomes `[ -z ]`, which is true; any other is a syntax error, which is not."""
    assert UNCLOSED.search(POLL)
    old = f'if [ -z $(printf %s "{answer}")]; then echo "no notice"; else echo drain; fi'
    ran = subprocess.run(["bash", "-c", old], capture_output=True, text=True, check=True)
    assert (ran.stdout.strip(), "missing `]'" in ran.stderr) == (says, bool(answer))
