"""The responder against the corpus: what it does, that it does it once, and what it says when something fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from refarch_lambdas.interruptions.responder import PAUSES
from tests.lambdas.interruptions import corpus
from tests.lambdas.interruptions.conftest import ALL
from tests.lambdas.interruptions.world import CLUSTER, TOPIC, World, group_arn

Respond = Callable[..., Any]
EVERYTHING = {
    "deregister_targets": 1,
    "update_container_instances_state": 1,
    "deregister_instance": 1,
    "send_command": 1,
    "publish": 1,
}


@pytest.fixture
def instance(world: World) -> str:
    """In a target group, in the cluster, in the registry, with the opt-in tag; and a neighbour just like it."""
    tags = {"TargetGroupArn": group_arn("web"), "refarch:interruption-command": "true"}
    both = [world.add(number, tags=tags, group="fleet") for number in (1, 2)]
    world.register("web", *((each, 80) for each in both))
    for each in both:
        world.join(each)
        world.members["srv-1"].append({"Id": f"m-{each}", "Attributes": {"AWS_EC2_INSTANCE_ID": each}})
    return both[0]


def test_a_notice_does_everything_and_touches_no_neighbour(world: World, respond: Respond, instance: str) -> None:
    [report] = respond(corpus.notice(instance))
    assert (report.verdict, world.changes) == ("handled", EVERYTHING)
    neighbour = "i-00000000000000002"
    assert world.in_service(group_arn("web")) == {(neighbour, 80)}
    assert [each["ec2InstanceId"] for each in world.containers.values() if each["status"] == "ACTIVE"] == [neighbour]
    assert [each["Id"] for each in world.members["srv-1"]] == [f"m-{neighbour}"]
    assert world.called("send_command")[0]["InstanceIds"] == [instance]


def test_people_are_told_the_cluster_and_the_instance(world: World, respond: Respond, instance: str) -> None:
    respond(corpus.notice(instance, "stop"))
    [sent] = world.called("publish")
    message = json.loads(sent["Message"])
    assert (sent["TopicArn"], sent["Subject"]) == (TOPIC, f"notice of {instance}")
    assert (message["cluster"], message["instance"], message["effect"]) == (CLUSTER, instance, "stop")
    assert message["container_instance"].endswith(instance[2:])
    assert set(message["done"]) == {"deregister", "drain", "membership", "command"}


@pytest.mark.parametrize("change", [{}, {"id": "another-id"}, {"time": "2026-11-20T10:00:07Z"}])
def test_the_same_event_twice_does_nothing_more(
    world: World, respond: Respond, instance: str, change: dict[str, str]
) -> None:
    respond(corpus.notice(instance))
    before = world.changes
    [report] = respond({**corpus.notice(instance), **change}, owner="request-2", after=20)
    assert (report.verdict, report.outcomes) == ("duplicate", {})
    assert world.changes == before
    assert len(world.items) == 1


def test_without_a_log_only_the_message_is_sent_again(world: World, respond: Respond, instance: str) -> None:
    settings = replace(ALL, table="", document="")
    for _ in range(2):
        respond(corpus.notice(instance), settings)
    assert world.changes["deregister_targets"] == world.changes["update_container_instances_state"] == 1
    assert world.changes["publish"] == 2


def test_an_instance_that_came_back_is_answered_again(world: World, respond: Respond, instance: str) -> None:
    respond(corpus.notice(instance, "stop"))
    later = {**corpus.notice(instance, "stop"), "time": "2026-11-21T10:00:00Z"}
    [report] = respond(later, owner="request-2", after=86_400)
    assert (report.verdict, len(world.items)) == ("handled", 2)


def test_of_two_at_the_same_time_one_acts(world: World, respond: Respond, instance: str) -> None:
    inner: list[Any] = []
    publish = world.publish

    def meanwhile(**arguments: Any) -> Any:
        inner.extend(respond(corpus.notice(instance), owner="request-2"))
        return publish(**arguments)

    world.publish = meanwhile  # type: ignore[method-assign]
    respond(corpus.notice(instance))
    assert [each.verdict for each in inner] == ["in hand of another invocation"]
    assert world.changes == EVERYTHING


def test_an_invocation_that_died_is_replaced_when_its_time_is_up(world: World, respond: Respond, instance: str) -> None:
    def die(**_: Any) -> Any:
        raise KeyboardInterrupt

    world.send_command = die  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        respond(corpus.notice(instance))
    del world.send_command  # type: ignore[attr-defined]
    [early] = respond(corpus.notice(instance), owner="request-2", after=20)
    [late] = respond(corpus.notice(instance), owner="request-2", after=100)
    assert (early.verdict, late.verdict) == ("in hand of another invocation", "handled")
    assert world.changes["deregister_targets"] == 1
    assert world.changes["publish"] == 1


def test_access_denied_on_one_action_does_not_stop_the_others(world: World, respond: Respond, instance: str) -> None:
    world.failures["deregister_targets"] = ["AccessDeniedException", "for ever"]
    [report] = respond(corpus.notice(instance))
    assert report.verdict == "failed"
    assert [each.action for each in report.problems] == ["deregister"]
    assert "AccessDeniedException" in report.problems[0].what
    assert world.changes == EVERYTHING, "a refusal is not tried again at once"
    del world.failures["deregister_targets"]
    [again] = respond(corpus.notice(instance), after=70)
    assert (again.verdict, set(again.outcomes)) == ("handled", {"deregister"})
    assert world.changes == {**EVERYTHING, "deregister_targets": 2}


def test_a_throttled_call_is_tried_again_while_there_is_time(world: World, respond: Respond, instance: str) -> None:
    world.failures["update_container_instances_state"] = ["ThrottlingException"]
    [report] = respond(corpus.notice(instance))
    assert (report.verdict, world.changes["update_container_instances_state"]) == ("handled", 2)
    assert world.changes["deregister_targets"] == world.changes["publish"] == 1


@pytest.mark.parametrize("operation", ["describe_instances", "describe_target_health", "describe_auto_scaling_groups"])
def test_throttled_all_the_time_fails_with_the_problem(
    world: World, respond: Respond, instance: str, operation: str
) -> None:
    world.failures[operation] = ["ThrottlingException", "for ever"]
    [report] = respond(corpus.notice(instance))
    assert report.verdict == "failed"
    assert "ThrottlingException" in report.problems[0].what
    assert len(world.called(operation)) == 1 + len(PAUSES)


def test_a_cluster_that_does_not_answer_is_asked_again_by_the_retry(
    world: World, respond: Respond, instance: str
) -> None:
    world.failures["list_container_instances"] = ["ServerException"] * 3
    [first] = respond(corpus.notice(instance))
    del world.failures["list_container_instances"]
    assert (first.verdict, world.changes["update_container_instances_state"]) == ("failed", 0)
    [second] = respond(corpus.notice(instance), after=70)
    assert (second.verdict, world.changes["update_container_instances_state"]) == ("handled", 1)


def test_a_log_that_is_down_keeps_nothing_in_traffic(world: World, respond: Respond, instance: str) -> None:
    for operation in ("query", "update_item"):
        world.failures[operation] = ["InternalServerError", "for ever"]
    [report] = respond(corpus.notice(instance))
    assert (report.verdict, world.changes) == ("failed", EVERYTHING)
    assert {each.action for each in report.problems} == {"log"}


def test_an_unknown_instance_is_left_alone(world: World, respond: Respond) -> None:
    [report] = respond(corpus.notice("i-0123456789abcdef0"))
    assert (report.verdict, world.changes, world.items) == ("unknown instance", {}, {})


def test_an_instance_that_is_gone_still_leaves_its_groups(world: World, respond: Respond) -> None:
    tags = {"TargetGroupArn": f"{group_arn('web')},{group_arn('deleted')}", "refarch:interruption-command": "true"}
    gone = world.add(1, tags=tags, state="terminated")
    web = world.register("web", (gone, 80))
    world.join(gone, status="DRAINING")
    [report] = respond(corpus.notice(gone))
    assert (report.verdict, world.in_service(web)) == ("handled", set())
    assert world.changes == {"deregister_targets": 1, "publish": 1}


def test_an_instance_only_the_cluster_knows_is_drained(world: World, respond: Respond) -> None:
    world.join("i-0123456789abcdef0")
    respond(corpus.notice("i-0123456789abcdef0"))
    assert world.changes["update_container_instances_state"] == 1


def test_another_region_is_left_alone(world: World, respond: Respond, instance: str) -> None:
    [report] = respond(corpus.notice(instance, region="eu-west-1"))
    assert (report.verdict, world.calls) == ("another region", [])


@pytest.mark.parametrize("action", ["terminate", "stop", "hibernate"])
def test_every_kind_of_notice_is_answered(world: World, respond: Respond, instance: str, action: str) -> None:
    respond(corpus.notice(instance, action))
    [item] = world.items.values()
    assert (world.changes, item["effect"], item["state"]) == (EVERYTHING, action, "done")


def test_signals_ask_for_different_actions(world: World, respond: Respond, instance: str) -> None:
    for event in (corpus.rebalance(instance), corpus.health(instance)):
        respond(event)
    assert world.changes == {"publish": 2}
    respond(corpus.rebalance(instance), replace(ALL, rebalance_drains=True, table="second"), after=900)
    assert world.changes["publish"] == 2, "told already"
    assert world.changes["update_container_instances_state"] == 1
    respond(corpus.lifecycle(instance, "fleet"))
    assert len(world.items) == 3


def test_tasks_that_no_service_replaces_are_told(world: World, respond: Respond, instance: str) -> None:
    on = next(arn for arn, each in world.containers.items() if each["ec2InstanceId"] == instance)
    groups = ("service:web", "family:batch")
    world.tasks = [{"taskArn": f"task-{name}", "group": name, "on": on} for name in groups]
    [report] = respond(corpus.notice(instance))
    assert report.outcomes["drain"].done[1:] == ("task-family:batch belongs to no service and ends with the instance",)


def test_a_thousand_events_at_once(world: World, respond: Respond) -> None:
    """Half of them twice; every instance leaves its own one of fifty groups, those that are not reclaimed stay."""
    groups = [group_arn(f"g{number}") for number in range(50)]
    ids = [world.add(number, tags={"TargetGroupArn": groups[number % 50]}) for number in range(1, 1_501)]
    for number, each in enumerate(ids, start=1):
        world.register(f"g{number % 50}", (each, 8000 + number % 50))
    for each in [*ids[:1000], *ids[:500]]:
        [report] = respond(corpus.notice(each))
        assert report.verdict in {"handled", "duplicate"}
    assert world.changes == {"deregister_targets": 1000, "publish": 1000}
    left = {target for arn in groups for target, _ in world.in_service(arn)}
    assert left == set(ids[1000:])


def test_the_log_can_be_read_without_the_code(world: World, respond: Respond, instance: str) -> None:
    respond(corpus.notice(instance))
    [item] = world.items.values()
    kept = ("instanceId", "interruption", "day", "time", "instanceType", "zone", "lifecycle", "state", "attempts")
    assert [item[name] for name in kept] == [
        instance,
        "notice#2026-11-20T10:00:00Z",
        "2026-11-20",
        1_795_168_800,
        "m7g.large",
        "us-east-1a",
        "spot",
        "done",
        1,
    ]
    assert item["actions"]["deregister"]["done"] == [f"{instance}:80 left {group_arn('web')}"]
    assert item["expires"] == item["time"] + 400 * 86_400
