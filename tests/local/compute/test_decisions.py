"""The decisions of simulated compute, without a cloud."""

from __future__ import annotations

import base64
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.local.compute.ecs.agents import Agent, agent_of
from refarch.local.compute.ecs.placement import Host, Need, choose, hosts_needed, need_of, why_not
from refarch.local.compute.ecs.planning import Seen, plan, plan_daemon
from refarch.local.compute.ecs.queries import matches
from refarch.local.compute.instance_records import architecture, free_address
from refarch.local.compute.scaling.alarms import tracked
from refarch.local.compute.scaling.policy import decide, next_lifecycle, next_place, victims
from refarch.local.compute.scaling.types_by_need import capacity_of, matching_types


def member(key: str, state: str = "InService", **more: Any) -> dict[str, Any]:
    plain = {"HealthStatus": "Healthy", "AvailabilityZone": "a", "ProtectedFromScaleIn": False, "Launched": 0}
    return {"InstanceId": key, "LifecycleState": state, **plain, **more}


def group(desired: int, *members: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"DesiredCapacity": desired, "MinSize": 0, "MaxSize": 10, "Instances": list(members), **more}


def test_missing_capacity_is_launched_and_leaving_members_do_not_count() -> None:
    assert decide(group(3, member("a"), member("b", "Terminating:Wait"))).launch == 2
    assert decide(group(3, member("a", "Pending:Wait"))).launch == 2
    stopped = [{"ProcessName": "Launch"}]
    assert decide(group(3, SuspendedProcesses=stopped)).launch == 0


def test_an_unhealthy_member_ends_and_is_replaced_at_the_same_time() -> None:
    made = decide(group(2, member("a"), member("b", HealthStatus="Unhealthy")))
    assert ([key for key, _ in made.end], made.launch) == (["b"], 1)


def test_a_member_at_risk_ends_when_its_replacement_serves() -> None:
    at_risk = member("a", AtRisk=True)
    first = decide(group(2, at_risk, member("b"), MaxSize=2))
    assert (first.launch, first.end) == (1, ())
    waiting = decide(group(2, at_risk, member("b"), member("c", "Pending:Wait"), MaxSize=2))
    assert (waiting.launch, waiting.end) == (0, ())
    done = decide(group(2, at_risk, member("b"), member("c"), MaxSize=2))
    assert ([key for key, _ in done.end], done.launch) == (["a"], 0)


def test_scale_in_takes_from_the_fullest_zone_and_spares_the_protected() -> None:
    members = [
        member("old", Launched=1),
        member("new", Launched=3),
        member("other", AvailabilityZone="b", Launched=0),
        member("kept", ProtectedFromScaleIn=True),
    ]
    assert victims(group(0), members, 1) == ["old"]
    assert victims(group(0, TerminationPolicies=["NewestInstance"]), members, 1) == ["new"]
    assert "kept" not in victims(group(0), members, 4)
    older = member("v1", Launched=9, LaunchTemplate={"Version": "1"})
    newer = member("v2", Launched=1, LaunchTemplate={"Version": "2"})
    assert victims(group(0), [older, newer], 1) == ["v1"]


@given(st.integers(0, 5), st.integers(0, 100), st.integers(1, 30))
def test_on_demand_fills_its_base_and_then_its_share(base: int, percentage: int, total: int) -> None:
    live: Counter[str | None] = Counter()
    distribution = {"OnDemandBaseCapacity": base, "OnDemandPercentageAboveBaseCapacity": percentage}
    for _ in range(total):
        live[next_lifecycle(distribution, live)] += 1
    share = max(0, total - base) * percentage / 100
    assert min(base, total) + share <= live["on-demand"] < min(base, total) + share + 1


def test_types_are_taken_in_turn_or_by_priority() -> None:
    overrides = [{"InstanceType": name} for name in ("x", "y", "z")]
    zones = {"s1": "a", "s2": "b"}

    def launched(strategy: str, number: int = 6) -> Counter[str]:
        distribution = {"OnDemandPercentageAboveBaseCapacity": 0, "SpotAllocationStrategy": strategy}
        mixed = {"LaunchTemplate": {"Overrides": overrides}, "InstancesDistribution": distribution}
        made = group(number, MixedInstancesPolicy=mixed)
        for key in range(number):
            place = next_place(made, zones)
            made["Instances"].append(
                member(str(key), SubnetId=place.subnet, InstanceType=place.instance_type, Lifecycle=place.lifecycle)
            )
        assert Counter(one["SubnetId"] for one in made["Instances"]) == {"s1": number / 2, "s2": number / 2}
        return Counter(one["InstanceType"] for one in made["Instances"])

    assert launched("price-capacity-optimized") == {"x": 2, "y": 2, "z": 2}
    assert launched("capacity-optimized-prioritized") == {"x": 6}
    assert launched("lowest-price") == {"x": 3, "y": 3}


def test_requirements_stand_for_types_and_names_for_sizes() -> None:
    found = matching_types({"VCpuCount": {"Min": 4, "Max": 4}, "MemoryMiB": {"Min": 16384, "Max": 16384}})
    assert found[:2] == ["m5.xlarge", "m6i.xlarge"]
    only = {"VCpuCount": {"Min": 2}, "MemoryMiB": {"Min": 1}, "AllowedInstanceTypes": ["c6g.*"]}
    assert {name.split(".")[0] for name in matching_types(only)} == {"c6g"}
    sizes = {name: capacity_of(name) for name in ("t3.micro", "m5.large", "r6g.2xlarge", "c5.xlarge", "odd")}
    assert list(sizes.values()) == [(2, 1024), (2, 8192), (8, 65536), (4, 8192), (2, 4096)]
    assert [architecture(name) for name in ("m5.large", "g5.xlarge", "t4g.nano", "im4gn.large", "a1.large")] == [
        "x86_64",
        "x86_64",
        "arm64",
        "arm64",
        "arm64",
    ]


def test_tracking_moves_in_the_direction_of_its_alarm_only() -> None:
    assert [tracked(4, metric, 50, scale_in=False) for metric in (100, 60, 10)] == [8, 5, 4]
    assert [tracked(4, metric, 50, scale_in=True) for metric in (10, 60)] == [1, 4]


def test_addresses_are_those_that_aws_would_give() -> None:
    assert free_address("10.0.1.0/28", []) == "10.0.1.4"
    assert free_address("10.0.1.0/28", ["10.0.1.4", "10.0.1.5"]) == "10.0.1.6"
    with pytest.raises(ValueError, match="no address is left"):
        free_address("10.0.1.0/28", [f"10.0.1.{number}" for number in range(16)])


def tasks(*groups: tuple[int, dict[str, Any]]) -> list[Seen]:
    made = [settings for count, settings in groups for _ in range(count)]
    return [Seen(str(number), **settings) for number, settings in enumerate(made)]


DRAINING, OLD, PENDING = {"draining": True}, {"current": False}, {"running": False}


@pytest.mark.parametrize(
    ("desired", "limits", "seen", "stopped", "started"),
    [
        (3, (100, 200), [], 0, 3),
        (1, (100, 200), [(3, {})], 2, 0),
        (4, (100, 200), [(3, {}), (1, DRAINING)], 0, 1),  # a replacement first
        (4, (100, 200), [(4, {}), (1, DRAINING)], 1, 0),  # then the end
        (4, (50, 100), [(4, DRAINING)], 2, 2),  # down to the minimum at once
        (4, (100, 100), [(4, DRAINING)], 0, 0),  # neither may move, as on AWS
        (2, (100, 200), [(2, DRAINING | PENDING)], 2, 2),  # what is pending there stops at once
        (2, (100, 200), [(2, OLD)], 0, 2),
        (2, (0, 100), [(2, OLD)], 2, 2),
        (0, (100, 200), [(2, {}), (1, OLD)], 3, 0),
    ],
)
def test_a_service_takes_the_next_step(
    desired: int, limits: tuple[int, int], seen: list[tuple[int, dict[str, Any]]], stopped: int, started: int
) -> None:
    made = plan(desired, *limits, tasks(*seen))
    assert (len(made.stop), made.start) == (stopped, started)


SEEN = st.builds(Seen, st.uuids().map(str), st.booleans(), st.booleans(), st.booleans(), st.floats(0, 9))


@given(st.integers(0, 6), st.integers(0, 100), st.integers(100, 200), st.lists(SEEN, max_size=9))
def test_a_step_stays_within_the_percentages(desired: int, minimum: int, maximum: int, seen: list[Seen]) -> None:
    made = plan(desired, minimum, maximum, seen)
    left = [task for task in seen if task.key not in made.stop]
    assert len(set(made.stop)) == len(made.stop)
    assert sum(task.current and not task.draining for task in left) + made.start <= desired
    if made.start:
        assert len(left) + made.start <= max(1, desired * maximum // 100)
    running = sum(task.running for task in seen)
    lower = -(-desired * minimum // 100)
    assert sum(task.running for task in left) >= min(running, lower)


def test_a_daemon_covers_every_instance_once() -> None:
    made = plan_daemon(
        ["h1", "h2", "h3"], [("a", "h1", True), ("b", "h2", False), ("c", "gone", True), ("d", "h1", True)]
    )
    assert (set(made.stop), made.start) == ({"b", "c", "d"}, 2)


def test_tasks_go_where_there_is_room_and_spread() -> None:
    hosts = [Host("h1", "a", 1024, 2048, of_group=1, tasks=1), Host("h2", "b", 1024, 512), Host("h3", "a", 1024, 2048)]
    assert choose(hosts, Need(memory=256)) == "h2"
    assert choose(hosts, Need(memory=1024)) == "h3"
    assert choose(hosts, Need(memory=4096)) is None
    assert why_not(hosts[0], Need(distinct=True)) == "PLACEMENT:DISTINCT"
    assert why_not(Host("h", "a", 1, 1, connected=False), Need()) == "AGENT"
    assert hosts_needed([Need(100, 3500)] * 3, 2048, 7700) == 2
    assert hosts_needed([Need(100, 9000)], 2048, 7700) == 0


def test_what_a_definition_needs() -> None:
    containers = [
        {"cpu": 128, "memory": 300, "memoryReservation": 200, "portMappings": [{"containerPort": 80, "hostPort": 80}]}
    ]
    assert need_of({"containerDefinitions": containers}) == Need(128, 200, frozenset({80}))
    assert need_of({"containerDefinitions": containers, "networkMode": "awsvpc"}).ports == frozenset()
    assert need_of({"cpu": ".5 vCPU", "memory": "2 GB"}) == Need(512, 2048)


@pytest.mark.parametrize(
    ("script", "agent"),
    [
        ("#!/bin/bash\necho ECS_CLUSTER=my-cluster >> /etc/ecs/ecs.config", Agent("my-cluster")),
        (
            "cat <<EOF >> /etc/ecs/ecs.config\nECS_CLUSTER='a'\nECS_ENABLE_SPOT_INSTANCE_DRAINING=true\nEOF",
            Agent("a", True),
        ),
        ('echo \'ECS_CLUSTER=c\' > x; echo ECS_INSTANCE_ATTRIBUTES={"zone":"x"}', Agent("c", False, {"zone": "x"})),
        ('[settings.ecs]\ncluster = "rocket"\n[settings.host]', Agent("rocket")),
        ("<powershell>Initialize-ECSAgent -EnableTaskIAMRole -Cluster 'win'</powershell>", Agent("win")),
        ("echo nothing", Agent()),
    ],
)
def test_user_data_says_which_cluster(script: str, agent: Agent) -> None:
    assert agent_of(base64.b64encode(script.encode()).decode()) == agent
    assert agent_of("not base64!") == agent_of(None) == Agent()


def test_filters_of_container_instances() -> None:
    record = {
        "ec2InstanceId": "i-1",
        "agentConnected": True,
        "runningTasksCount": 2,
        "attributes": [{"name": "ecs.instance-type", "value": "m5.large"}],
    }
    for expression, fits in (
        ("ec2InstanceId == 'i-1'", True),
        ("ec2InstanceId in ['i-2','i-1'] and agentConnected == true", True),
        ("ec2InstanceId !in [i-1]", False),
        ("runningTasksCount > 2", False),
        ("attribute:ecs.instance-type =~ m5.* and task:group == service:web", True),
        ("attribute:stack exists", False),
        ("attribute:stack != prod", True),
    ):
        assert matches(expression, record, {"service:web"}) is fits, expression
    for expression in ("a", "color == red", "(agentConnected == true)"):
        with pytest.raises(ValueError, match="the filter"):
            matches(expression, record, set())
