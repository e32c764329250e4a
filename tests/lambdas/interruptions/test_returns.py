"""An instance that was stopped and runs again: it gets back what it was taken from, once, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from refarch_lambdas.interruptions.events import UnknownEventError
from refarch_lambdas.interruptions.returns import KIND, Returns, Taken, instance_of, taken
from tests.lambdas.interruptions.corpus import TIME_EPOCH, notice, rebalance
from tests.lambdas.interruptions.world import World, group_arn

LATER = TIME_EPOCH + 3600


def stopped(world: World, respond: Any, action: str = "stop") -> tuple[str, str]:
    """An instance of a cluster in two groups, on ports of its own, that had its notice."""
    instance = world.add(1, tags={"loadBalancerTargetGroup": f"{group_arn('web')},api"})
    world.register("web", (instance, 8001), (instance, 8002), ("i-other", 80))
    world.register("api", (World.address(1), 9000))
    container = world.join(instance)
    respond(notice(instance, action))
    assert world.in_service(group_arn("web")) == {("i-other", 80)}
    assert world.containers[container]["status"] == "DRAINING"
    return instance, container


def give_back(world: World, instance: str) -> tuple[list[str], list[str]]:
    done, problems = Returns(world.clients, "interruptions").give_back(instance, LATER)
    return done, [each.what for each in problems]


@pytest.mark.parametrize("action", ["stop", "hibernate"])
def test_it_is_active_and_back_in_its_groups_on_its_ports(world: World, respond: Any, action: str) -> None:
    instance, container = stopped(world, respond, action)
    done, problems = give_back(world, instance)
    assert (len(done), problems) == (4, [])
    assert world.containers[container]["status"] == "ACTIVE"
    assert world.in_service(group_arn("web")) == {(instance, 8001), (instance, 8002), ("i-other", 80)}
    assert world.in_service(group_arn("api")) == {(World.address(1), 9000)}


def test_the_second_event_changes_nothing(world: World, respond: Any) -> None:
    instance, _ = stopped(world, respond)
    give_back(world, instance)
    world.calls.clear()
    assert give_back(world, instance) == ([], [])
    assert [name for name, _ in world.calls] == ["query"]


def test_an_instance_that_was_only_just_launched_is_left_alone(world: World) -> None:
    instance = world.add(2)
    world.register("web", (instance, 80))
    assert give_back(world, instance) == ([], [])
    assert world.called("register_targets") == []


def test_what_was_to_be_terminated_is_not_brought_back(world: World, respond: Any) -> None:
    instance, _ = stopped(world, respond, "terminate")
    assert give_back(world, instance) == ([], [])


def test_only_what_the_responder_took_comes_back(world: World, respond: Any) -> None:
    """One that its team has taken out before the notice stays out, and so does one that ECS drained by itself."""
    instance = world.add(3, tags={"loadBalancerTargetGroup": group_arn("web")})
    world.register("web", (instance, 80))
    world.deregister_targets(group_arn("web"), [{"Id": instance, "Port": 80}])
    world.join(instance, "DRAINING")
    respond(notice(instance, "stop"))
    assert give_back(world, instance) == ([], [])
    assert world.in_service(group_arn("web")) == set()


def test_a_refusal_is_told_and_the_rest_is_done_and_done_again(world: World, respond: Any) -> None:
    instance, container = stopped(world, respond)
    world.failures["update_container_instances_state"] = ["AccessDeniedException"]
    done, problems = give_back(world, instance)
    assert len(done) == 3
    assert "AccessDenied" in problems[0]
    give_back(world, instance)  # as Lambda tries it again
    assert world.containers[container]["status"] == "ACTIVE"
    assert give_back(world, instance) == ([], [])


def test_a_group_that_is_gone_meanwhile_hinders_nothing(world: World, respond: Any) -> None:
    instance, container = stopped(world, respond)
    world.failures["register_targets"] = ["TargetGroupNotFound", "TargetGroupNotFound"]
    assert give_back(world, instance) == ([f"{container} is active"], [])


def test_a_log_that_does_not_answer_is_a_failure(world: World) -> None:
    world.failures["query"] = ["ProvisionedThroughputExceededException"]
    assert "ProvisionedThroughput" in give_back(world, world.add(4))[1][0]


def test_addresses_have_colons_too() -> None:
    line = f"fd00::7:8080 left {group_arn('web')}"
    item = {"signal": "notice", "effect": "stop", "interruption": "k", "actions": {"deregister": {"done": [line]}}}
    assert taken([item]).targets == {group_arn("web"): [{"Id": "fd00::7", "Port": 8080}]}
    assert taken([{**item, "effect": "terminate"}]) == Taken()


def test_which_events_are_meant() -> None:
    assert instance_of({"detail-type": KIND, "detail": {"instance-id": "i-1", "state": "running"}}) == "i-1"
    for detail in ({"instance-id": "i-1", "state": "stopped"}, {"state": "running"}):
        with pytest.raises(UnknownEventError):
            instance_of({"detail-type": KIND, "detail": detail})


def test_a_recommendation_that_drained_before_the_stop_counts_too() -> None:
    assert rebalance("i-1")["detail"] == {"instance-id": "i-1"}
    early: dict[str, Any] = {"signal": "rebalance", "effect": "elevated risk", "interruption": "r", "cluster": "c"}
    early |= {"containerInstance": "a", "actions": {"drain": {"done": ["a drains"]}}}
    stop = {"signal": "notice", "effect": "stop", "interruption": "n", "actions": {}}
    assert taken([stop, early]).containers == (("c", "a"),)
    assert taken([early]) == Taken()
