"""Which targets of which groups: by tag, by Auto Scaling group, by port and address, and never what ECS owns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from refarch_lambdas.interruptions.targets import group_arns_of, named_groups
from tests.lambdas.interruptions import corpus
from tests.lambdas.interruptions.conftest import ALL
from tests.lambdas.interruptions.world import CLUSTER, World, group_arn

Respond = Callable[..., Any]


@pytest.mark.parametrize("tag", ["loadBalancerTargetGroup", "TargetGroupArn"])
def test_a_tag_names_the_group(world: World, respond: Respond, tag: str) -> None:
    instance = world.add(1, tags={tag: group_arn("web")})
    web = world.register("web", (instance, 80), ("i-0000000000000000f", 80))
    [report] = respond(corpus.notice(instance))
    assert (report.verdict, world.in_service(web)) == ("handled", {("i-0000000000000000f", 80)})


def test_a_tag_may_hold_several_and_names_of_groups(world: World, respond: Respond) -> None:
    tags = {"loadBalancerTargetGroup": f"{group_arn('a')}, {group_arn('b')}", "TargetGroupArn": "shortname"}
    instance = world.add(1, tags=tags)
    groups = [world.register(name, (instance, 80)) for name in ("a", "b", "shortname", "other")]
    respond(corpus.notice(instance))
    assert [len(world.in_service(each)) for each in groups] == [0, 0, 0, 1]


def test_the_ports_are_those_that_were_registered(world: World, respond: Respond) -> None:
    instance = world.add(1, tags={"TargetGroupArn": group_arn("web")})
    web = world.register("web", (instance, 8080), (instance, 32768))
    respond(corpus.notice(instance))
    assert world.in_service(web) == set()
    assert world.called("deregister_targets")[0]["Targets"] == [
        {"Id": instance, "Port": 8080},
        {"Id": instance, "Port": 32768},
    ]


def test_targets_by_address_of_any_interface(world: World, respond: Respond) -> None:
    instance = world.add(7, tags={"TargetGroupArn": group_arn("ip")})
    ip = world.register("ip", ("10.0.0.7", 80), ("10.1.0.7", 443), ("10.0.0.8", 80))
    respond(corpus.notice(instance))
    assert world.in_service(ip) == {("10.0.0.8", 80)}


def test_untagged_instances_are_found_through_their_auto_scaling_group(world: World, respond: Respond) -> None:
    instance = world.add(1, group="fleet")
    groups = [world.register(name, (instance, 80)) for name in ("a", "b")]
    source = {"Identifier": groups[1], "Type": "elbv2"}
    world.scaling["fleet"] = {"TargetGroupARNs": [groups[0]], "TrafficSources": [source]}
    respond(corpus.notice(instance))
    assert [world.in_service(each) for each in groups] == [set(), set()]


def test_discovery_through_the_group_can_be_off(world: World, respond: Respond) -> None:
    instance = world.add(1, group="fleet")
    world.scaling["fleet"] = {"TargetGroupARNs": [world.register("a", (instance, 80))]}
    respond(corpus.notice(instance), replace(ALL, discover_through_group=False))
    assert world.changes["deregister_targets"] == 0


def service(*arns: str, **more: Any) -> dict[str, Any]:
    return {"serviceArn": f"service-{arns}", "loadBalancers": [{"targetGroupArn": arn} for arn in arns], **more}


def test_the_groups_of_ecs_services_are_left_to_ecs(world: World, respond: Respond) -> None:
    instance = world.add(1, tags={"TargetGroupArn": ",".join(map(group_arn, ("own", "two")))}, group="fleet")
    owned, blue, green, own, two = (
        world.register(name, (instance, 32768)) for name in ("owned", "blue", "green", "own", "two")
    )
    world.scaling["fleet"] = {"TargetGroupARNs": [owned, blue, green]}
    alternate = {"targetGroupArn": "", "advancedConfiguration": {"alternateTargetGroupArn": green}}
    world.services = [service(owned), {"serviceArn": "s", "loadBalancers": [alternate]}]
    world.services += [{"serviceArn": "t", "taskSets": [{"loadBalancers": [{"targetGroupArn": blue}]}]}]
    world.services += [{"serviceArn": f"more-{number}", "loadBalancers": []} for number in range(25)]
    respond(corpus.notice(instance))
    assert [len(world.in_service(each)) for each in (owned, blue, green, own, two)] == [1, 1, 1, 0, 0]


def test_not_knowing_what_ecs_owns_is_no_licence(world: World, respond: Respond) -> None:
    instance = world.add(1, tags={"TargetGroupArn": group_arn("web")})
    world.register("web", (instance, 80))
    world.failures["list_services"] = ["AccessDeniedException", "for ever"]
    [report] = respond(corpus.notice(instance))
    assert report.verdict == "failed"
    assert world.changes["deregister_targets"] == 0


def test_a_cluster_that_is_gone_owns_nothing(world: World, respond: Respond) -> None:
    instance = world.add(1, tags={"TargetGroupArn": group_arn("web")})
    web = world.register("web", (instance, 80))
    world.failures["list_services"] = ["ClusterNotFoundException"]
    world.failures["list_container_instances"] = ["ClusterNotFoundException"]
    [report] = respond(corpus.notice(instance))
    assert (report.verdict, world.in_service(web)) == ("handled", set())


def test_a_tag_that_names_no_group_is_reported_and_the_others_are_left(world: World, respond: Respond) -> None:
    instance = world.add(1, tags={"TargetGroupArn": f"arn:aws:s3:::bucket,{group_arn('web')}"})
    web = world.register("web", (instance, 80))
    [report] = respond(corpus.notice(instance))
    assert [each.what for each in report.problems] == [
        "tag names 'arn:aws:s3:::bucket', allowed: ARNs or names of target groups"
    ]
    assert world.in_service(web) == set()


def test_entries_are_told_apart() -> None:
    tags = {"loadBalancerTargetGroup": f" {group_arn('a')} ,,web-1, -bad", "other": "x"}
    assert named_groups(tags) == ([group_arn("a")], ["web-1"], ["-bad"])
    assert group_arns_of({"TrafficSources": [{"Identifier": "classic-balancer", "Type": "elb"}]}) == []
    assert CLUSTER not in named_groups({"TargetGroupArn": CLUSTER})[0]
