"""The post's own bug: a filter with a key given twice.

Python keeps the last of two equal keys in a dict, so the filter by instance is lost, and the first tag of *any* tagged
instance chooses the target group. The code shape is shown here in this project's words, beside ours, in one account.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.lambdas.interruptions import corpus
from tests.lambdas.interruptions.world import World, group_arn

TAG = "loadBalancerTargetGroup"


def as_in_the_post(world: World, event: dict[str, Any]) -> None:
    """One dict where two were meant."""
    instance = event["detail"]["instance-id"]
    filters = [{"Name": "resource-id", "Values": [instance], "Name": "key", "Values": [TAG]}]  # noqa: F601
    tags = world.clients("ec2").describe_tags(Filters=filters)["Tags"]
    world.clients("elbv2").deregister_targets(TargetGroupArn=tags[0]["Value"], Targets=[{"Id": instance}])


def promise(world: World, answer: Callable[[dict[str, Any]], object]) -> None:
    """The instance that is reclaimed leaves its own group, and nothing else happens."""
    first = world.add(1, tags={TAG: group_arn("blue")})
    second = world.add(2, tags={TAG: group_arn("green")})
    blue, green = world.register("blue", (first, 80)), world.register("green", (second, 80))
    answer(corpus.notice(second))
    assert world.in_service(blue) == {(first, 80)}
    assert world.in_service(green) == set()
    assert [each["TargetGroupArn"] for each in world.called("deregister_targets")] == [green]


def test_the_code_of_the_post_takes_the_group_of_another_instance(world: World) -> None:
    with pytest.raises(AssertionError):
        promise(world, lambda event: as_in_the_post(world, event))
    assert world.called("deregister_targets")[0]["TargetGroupArn"] == group_arn("blue")


def test_ours_takes_the_instances_own_group(world: World, respond: Callable[..., Any]) -> None:
    promise(world, respond)
