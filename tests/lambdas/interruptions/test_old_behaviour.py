"""What the originals' handlers did, in our words, beside what ours does: each promise fails for the first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from refarch_lambdas.interruptions.assembly import actions_of
from refarch_lambdas.interruptions.settings import Settings
from tests.lambdas.interruptions import corpus
from tests.lambdas.interruptions.conftest import ALL
from tests.lambdas.interruptions.world import CLUSTER, TOPIC, World

Respond = Callable[..., Any]
Answer = Callable[[dict[str, Any]], object]
OTHER = CLUSTER.replace("web", "batch")


def told(world: World, answer: Answer) -> None:
    """People hear of the instance that is theirs, and of no other."""
    ours, strange = world.add(1, tags={"team": "web"}), world.add(2, tags={"team": "data"})
    for each in (ours, strange):
        answer(corpus.notice(each))
    assert [ours in each["Message"] for each in world.called("publish")] == [True]


def test_people_are_told_of_their_own_instances_only(world: World, respond: Respond) -> None:
    told(world, lambda event: respond(event, Settings(scope_tags={"team": "web"}, topic=TOPIC)))


def test_the_rule_of_the_original_told_of_all(world: World) -> None:
    """Defect 6: the topic was a target of the rule itself."""
    with pytest.raises(AssertionError):
        told(world, lambda event: world.clients("sns").publish(TopicArn=TOPIC, Message=str(event["detail"])))


def drained_once(world: World, answer: Answer) -> None:
    """However often the notice is seen, the state is asked for once."""
    instance = world.add(1)
    world.join(instance)
    for _ in range(24):
        answer(corpus.notice(instance))
    assert world.changes["update_container_instances_state"] == 1


def test_an_instance_that_drains_already_is_not_asked_again(world: World, respond: Respond) -> None:
    drained_once(world, lambda event: respond(event, replace(ALL, table="", topic="")))


def test_the_loop_of_the_original_asked_every_time(world: World) -> None:
    """Defect 13: every five seconds for two minutes."""

    def loop(event: dict[str, Any]) -> None:
        [arn] = world.containers
        world.clients("ecs").update_container_instances_state(
            cluster=CLUSTER, containerInstances=[arn], status="DRAINING"
        )

    with pytest.raises(AssertionError):
        drained_once(world, loop)


def right_cluster(world: World, answer: Answer) -> None:
    """The cluster that the instance is in, whichever comes first in the list."""
    instance = world.add(1)
    world.join(instance)
    answer(corpus.notice(instance))
    assert [each["cluster"] for each in world.called("update_container_instances_state")] == [CLUSTER]


@pytest.mark.parametrize("clusters", [(OTHER, CLUSTER), (CLUSTER, OTHER)])
def test_of_several_clusters_the_right_one_drains(world: World, respond: Respond, clusters: tuple[str, ...]) -> None:
    right_cluster(world, lambda event: respond(event, replace(ALL, clusters=clusters)))


def test_the_first_cluster_is_not_always_the_right_one(world: World) -> None:
    """Defect 16: the function of the original's sibling took whichever cluster it had looked at last."""

    def last_seen(event: dict[str, Any]) -> None:
        instance, ecs, found = event["detail"]["instance-id"], world.clients("ecs"), []
        for cluster in (CLUSTER, OTHER):
            found += ecs.list_container_instances(cluster=cluster, filter=f"x == {instance}")["containerInstanceArns"]
        ecs.update_container_instances_state(cluster=cluster, containerInstances=found, status="DRAINING")

    with pytest.raises(AssertionError):
        right_cluster(world, last_seen)


def test_the_actions_run_in_the_order_that_takes_traffic_away_first(world: World) -> None:
    assert [each.name for each in actions_of(ALL, world.clients)] == [
        "deregister",
        "drain",
        "membership",
        "command",
        "notify",
    ]
