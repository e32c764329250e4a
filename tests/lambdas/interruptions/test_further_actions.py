"""Actions of somebody's own, and lifecycle hooks that are completed only when there is nothing to wait for."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from refarch_lambdas.interruptions.actions.custom import PACKAGE
from tests.lambdas.interruptions import corpus
from tests.lambdas.interruptions.conftest import ALL
from tests.lambdas.interruptions.world import World, group_arn

ROSTER = """
from refarch_lambdas.interruptions.interruption import Outcome

def run(case, clients):
    clients("ssm").send_command(DocumentName="roster", InstanceIds=[case.instance.instance_id])
    return Outcome(done=(f"{case.interruption.signal}: left the roster",))
"""
SILENT = "def run(case, clients):\n    return None\n"
BROKEN = "def run(case, clients):\n    raise RuntimeError('no roster')\n"


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder beside the engine into which the construct puts actions."""
    folder = tmp_path / PACKAGE
    folder.mkdir()
    for name, text in (("roster", ROSTER), ("silent", SILENT), ("broken", BROKEN)):
        (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        monkeypatch.delitem(sys.modules, name)
    return folder


def test_an_own_action_runs_once_and_people_are_told_of_it(world: World, respond: Any, modules: Path) -> None:
    settings = replace(ALL, custom_actions=("silent", "roster"))
    instance = world.add(1)
    for _ in range(2):
        [report] = respond(corpus.notice(instance), settings)
    [call] = world.called("send_command")
    assert call["InstanceIds"] == [instance]
    [told] = world.called("publish")
    assert "left the roster" in told["Message"]
    assert report.verdict == "duplicate"


def test_an_own_action_that_breaks_keeps_nothing_else_from_being_done(
    world: World, respond: Any, modules: Path
) -> None:
    instance = world.add(1)
    world.join(instance)
    [report] = respond(corpus.notice(instance), replace(ALL, custom_actions=("broken", "roster")))
    assert [each.what for each in report.problems] == ["failed: RuntimeError: no roster"]
    assert world.changes["update_container_instances_state"] == 1
    assert world.called("send_command")


def test_an_own_action_is_not_run_for_maintenance_days_ahead(world: World, respond: Any, modules: Path) -> None:
    instance = world.add(1)
    respond(corpus.health(instance), replace(ALL, custom_actions=("roster",)))
    assert not world.called("send_command")


HOOKED = replace(ALL, hooks=("drain",))


def test_an_instance_with_nothing_to_drain_need_not_wait(world: World, respond: Any) -> None:
    instance = world.add(1, group="fleet")
    respond(corpus.lifecycle(instance, "fleet"), HOOKED)
    [call] = world.called("complete_lifecycle_action")
    assert (call["LifecycleHookName"], call["AutoScalingGroupName"]) == ("drain", "fleet")
    assert (call["InstanceId"], call["LifecycleActionResult"]) == (instance, "CONTINUE")
    assert call["LifecycleActionToken"]


def test_an_instance_that_drains_waits_for_its_heartbeat(world: World, respond: Any) -> None:
    instance = world.add(1, tags={"loadBalancerTargetGroup": group_arn("web")})
    world.register("web", (instance, 80))
    respond(corpus.lifecycle(instance, "fleet"), HOOKED)
    assert world.changes["deregister_targets"] == 1
    assert not world.called("complete_lifecycle_action")


def test_one_that_drained_in_an_attempt_before_waits_too(world: World, respond: Any) -> None:
    """The second attempt has nothing left to deregister; that does not mean that nobody is being answered."""
    instance = world.add(1, tags={"loadBalancerTargetGroup": group_arn("web")})
    world.register("web", (instance, 80))
    world.failures["publish"] = ["Throttling"]
    respond(corpus.lifecycle(instance, "fleet"), HOOKED)
    respond(corpus.lifecycle(instance, "fleet"), HOOKED)
    assert not world.called("complete_lifecycle_action")


@pytest.mark.parametrize("status", ["ACTIVE", "DRAINING"])
def test_an_instance_of_a_cluster_waits_for_its_tasks(world: World, respond: Any, status: str) -> None:
    instance = world.add(1)
    world.join(instance, status)
    respond(corpus.lifecycle(instance, "fleet"), HOOKED)
    assert not world.called("complete_lifecycle_action")


def test_hooks_of_others_and_other_signals_are_left_alone(world: World, respond: Any) -> None:
    first, second = world.add(1), world.add(2)
    respond(corpus.lifecycle(first, "fleet"), replace(ALL, hooks=("ours",)))
    respond(corpus.notice(second), HOOKED)
    assert not world.called("complete_lifecycle_action")
