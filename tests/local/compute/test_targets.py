"""Targets of load balancers: initial, healthy, draining, unused; with groups, with services, by hand."""

from __future__ import annotations

import http.server
import socket
import socketserver
import threading
import time
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from refarch.local.compute.targets.routing import serving
from refarch.local.compute.targets.states import Facts, health


@pytest.mark.parametrize(
    ("facts", "state", "reason"),
    [
        (Facts(), "unused", "Target.NotRegistered"),
        (Facts(draining=True), "draining", "Target.DeregistrationInProgress"),
        (Facts(registered_for=1), "initial", "Elb.InitialHealthChecking"),
        (Facts(registered_for=31), "healthy", None),
        (Facts(registered_for=31, in_use=False), "unused", "Target.NotInUse"),
        (Facts(registered_for=31, instance_state="stopped"), "unused", "Target.InvalidState"),
    ],
)
def test_the_words_for_what_is_known(facts: Facts, state: str, reason: str | None) -> None:
    found = health(facts)
    assert (found["State"], found.get("Reason")) == (state, reason)


class Balancer:
    """A load balancer with a target group, and how its targets are."""

    def __init__(self, compute: Any, *, delay: int = 300, used: bool = True) -> None:
        self.elb, subnets = compute.cloud.client("elbv2"), compute.subnets()
        vpc = compute.ec2.describe_subnets(SubnetIds=subnets[:1])["Subnets"][0]["VpcId"]
        made = self.elb.create_target_group(
            Name=compute.name("tg"), Protocol="HTTP", Port=80, VpcId=vpc, HealthCheckIntervalSeconds=30
        )
        self.group: str = made["TargetGroups"][0]["TargetGroupArn"]
        value = {"Key": "deregistration_delay.timeout_seconds", "Value": str(delay)}
        self.elb.modify_target_group_attributes(TargetGroupArn=self.group, Attributes=[value])
        if used:
            balancer = self.elb.create_load_balancer(Name=compute.name("lb"), Subnets=subnets)["LoadBalancers"][0]
            self.elb.create_listener(
                LoadBalancerArn=balancer["LoadBalancerArn"],
                Protocol="HTTP",
                Port=80,
                DefaultActions=[{"Type": "forward", "TargetGroupArn": self.group}],
            )

    def states(self, **asked: Any) -> dict[str, str]:
        rows = self.elb.describe_target_health(TargetGroupArn=self.group, **asked)["TargetHealthDescriptions"]
        return {row["Target"]["Id"]: row["TargetHealth"]["State"] for row in rows}


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["initial", "healthy", "healthy"], ["b", "c"]),
        (["initial", "initial", "unused"], ["a", "b", "c"]),
    ],
)
def test_requests_go_to_healthy_targets_and_to_all_where_none_is(states: list[str], expected: list[str]) -> None:
    assert [target["Id"] for target in serving([{"Id": name} for name in "abc"], states)] == expected


def test_a_load_balancer_asks_only_targets_that_are_healthy(compute: Any) -> None:
    """One target answers, one does not listen and is new: nobody gets an error."""
    with socketserver.TCPServer(("127.0.0.1", 0), Answers) as server, socket.socket() as silent:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        silent.bind(("127.0.0.1", 0))
        balancer = Balancer(compute)
        balancer.elb.modify_target_group(TargetGroupArn=balancer.group, HealthCheckIntervalSeconds=300)
        listening = {"Id": "127.0.0.1", "Port": server.server_address[1]}
        balancer.elb.register_targets(TargetGroupArn=balancer.group, Targets=[listening])
        compute.until(lambda: set(balancer.states().values()) == {"healthy"})
        new = {"Id": "127.0.0.1", "Port": silent.getsockname()[1]}
        [described] = balancer.elb.describe_load_balancers()["LoadBalancers"][-1:]
        request = urllib.request.Request(compute.cloud.endpoint_url, headers={"Host": described["DNSName"]})
        for _ in range(10):  # before each, the other is new again
            balancer.elb.deregister_targets(TargetGroupArn=balancer.group, Targets=[new])
            balancer.elb.register_targets(TargetGroupArn=balancer.group, Targets=[new])
            with urllib.request.urlopen(request, timeout=5) as answer:
                assert answer.read() == b"here"
        server.shutdown()


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"here")

    def log_message(self, *given: object) -> None: ...


def test_a_target_becomes_healthy_and_drains(compute: Any) -> None:
    balancer = Balancer(compute)
    balancer.elb.register_targets(TargetGroupArn=balancer.group, Targets=[{"Id": "10.0.0.1"}, {"Id": "10.0.0.2"}])
    assert set(balancer.states().values()) <= {"initial", "healthy"}
    compute.until(lambda: set(balancer.states().values()) == {"healthy"})
    balancer.elb.deregister_targets(TargetGroupArn=balancer.group, Targets=[{"Id": "10.0.0.1"}])
    assert balancer.states() == {"10.0.0.1": "draining", "10.0.0.2": "healthy"}
    compute.until(lambda: balancer.states() == {"10.0.0.2": "healthy"})
    assert balancer.states(Targets=[{"Id": "10.0.0.1"}]) == {"10.0.0.1": "unused"}
    with pytest.raises(ClientError, match="not found"):
        balancer.elb.describe_target_health(TargetGroupArn=f"{balancer.group}x")


def test_a_group_that_nothing_forwards_to_is_unused(compute: Any) -> None:
    balancer = Balancer(compute, used=False)
    balancer.elb.register_targets(TargetGroupArn=balancer.group, Targets=[{"Id": "10.0.0.1"}])
    assert balancer.states() == {"10.0.0.1": "unused"}


def test_instances_of_a_group_come_and_drain_before_they_end(compute: Any) -> None:
    balancer = Balancer(compute)
    group = compute.group(2, TargetGroupARNs=[balancer.group])
    first, second = compute.members(group)
    compute.until(lambda: balancer.states() == {first: "healthy", second: "healthy"})
    began = time.monotonic()
    compute.scaling.terminate_instance_in_auto_scaling_group(InstanceId=first, ShouldDecrementDesiredCapacity=True)
    compute.until(lambda: balancer.states().get(first) == "draining")
    assert compute.instance(first)["State"]["Name"] == "running"
    compute.until(lambda: compute.instance(first)["State"]["Name"] == "terminated")
    assert time.monotonic() - began >= 300 / 300
    assert balancer.states() == {second: "healthy"}
    described = compute.scaling.describe_load_balancer_target_groups(AutoScalingGroupName=group)
    assert described["LoadBalancerTargetGroups"][0]["LoadBalancerTargetGroupARN"] == balancer.group


def test_tasks_are_registered_with_their_ports_and_drain(compute: Any) -> None:
    balancer = Balancer(compute)
    cluster, _ = compute.cluster(1)
    balancers = [{"targetGroupArn": balancer.group, "containerName": "web", "containerPort": 80}]
    service = compute.service(cluster, 2, loadBalancers=balancers)
    tasks = compute.running(cluster, 2)
    rows = balancer.elb.describe_target_health(TargetGroupArn=balancer.group)["TargetHealthDescriptions"]
    [machine] = compute.container_instances(cluster)
    ports = {task["containers"][0]["networkBindings"][0]["hostPort"] for task in tasks}
    assert {(row["Target"]["Id"], row["Target"]["Port"]) for row in rows} == {
        (machine["ec2InstanceId"], port) for port in ports
    }
    compute.ecs.update_service(cluster=cluster, service=service, desiredCount=1)
    compute.until(lambda: len(compute.tasks(cluster)) == 1)
    compute.until(lambda: compute.tasks(cluster, "STOPPED"))
    compute.until(
        lambda: len(balancer.elb.describe_target_health(TargetGroupArn=balancer.group)["TargetHealthDescriptions"]) == 1
    )
