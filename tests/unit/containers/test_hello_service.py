"""The sample service: what its program says and how it ends, what stands around it, and props that make no sense."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Duration
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2

from refarch._shared.checks import InvalidPropsError
from refarch.compute import DrainBudget, SpotCapacityProps
from refarch.containers import HelloService, HelloServiceProps, SpotCluster, SpotClusterProps, hello_program

PROGRAM = Path(hello_program.__file__)


def cluster_of(bench: Any) -> SpotCluster:
    vpc = ec2.Vpc(bench.stack, "Vpc", max_azs=2, nat_gateways=0)
    spot = SpotCapacityProps(vpc=vpc, public_ip=True)
    return SpotCluster(bench.stack, "C", props=SpotClusterProps(spot=spot))


def build(bench: Any, **values: Any) -> HelloService:
    return HelloService(bench.stack, "H", props=HelloServiceProps(cluster=cluster_of(bench), **values))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int) -> str:
    for _ in range(100):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.05)
    raise AssertionError("nobody answers")


def test_the_program_says_its_instance_and_answers_what_is_open_before_it_ends(tmp_path: Path) -> None:
    """As the task's command is: the program's text after -c."""
    (tmp_path / "id").write_text("i-0123456789abcdef0\n")
    port = free_port()
    given = {"INSTANCE_ID_FILE": str(tmp_path / "id"), "PORT": str(port), "HOST": "127.0.0.1"}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM.read_text()], env={**os.environ, **given})
    try:
        assert ask(port) == "hello from i-0123456789abcdef0\n"
        with socket.create_connection(("127.0.0.1", port), timeout=5) as slow:
            slow.sendall(b"GET / HTTP/1.0\r\n")  # begun, not finished
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            slow.sendall(b"\r\n")
            assert b"hello from i-0123456789abcdef0" in slow.makefile("rb").read()
        assert process.wait(10) == 0
    finally:
        process.kill()


def test_the_target_group_is_as_the_original_checks_and_drains_in_time(bench: Any) -> None:
    built = build(bench)
    [group] = bench.resources("AWS::ElasticLoadBalancingV2::TargetGroup").values()
    assert (group["HealthCheckIntervalSeconds"], group["HealthCheckTimeoutSeconds"]) == (5, 2)
    assert (group["UnhealthyThresholdCount"], group["HealthCheckPort"]) == (2, "traffic-port")
    delay = {each["Key"]: each["Value"] for each in group["TargetGroupAttributes"]}
    assert delay["deregistration_delay.timeout_seconds"] == "60"
    assert built.drain_budget == DrainBudget(deregistration_delay=60, stop_timeout=30)


def test_tasks_leave_an_instance_before_their_replacements_serve(bench: Any) -> None:
    build(bench)
    [service] = bench.resources("AWS::ECS::Service").values()
    limits = service["DeploymentConfiguration"]
    assert (limits["MinimumHealthyPercent"], limits["MaximumPercent"]) == (50, 200)
    assert len(service["CapacityProviderStrategy"]) == 2
    assert [each["Type"] for each in service["PlacementStrategies"]] == ["spread", "spread"]


def test_a_task_sees_one_file_of_its_instance_and_no_credentials_of_it(bench: Any) -> None:
    build(bench)
    [task] = bench.resources("AWS::ECS::TaskDefinition").values()
    [container], [volume] = task["ContainerDefinitions"], task["Volumes"]
    assert volume["Host"] == {"SourcePath": "/var/lib/cloud/data/instance-id"}
    assert container["MountPoints"][0]["ReadOnly"] is True
    hops = {
        each["LaunchTemplateData"]["MetadataOptions"]["HttpPutResponseHopLimit"]
        for each in bench.resources("AWS::EC2::LaunchTemplate").values()
    }
    assert hops == {1}


def test_only_the_load_balancer_reaches_the_instances(bench: Any) -> None:
    build(bench, allow_from=["203.0.113.0/24"])
    sources = {
        str(each["SourceSecurityGroupId"]) for each in bench.resources("AWS::EC2::SecurityGroupIngress").values()
    }
    assert len(sources) == 1
    group = bench.named(bench.resources("AWS::EC2::SecurityGroup"), "HSecurityGroup")
    assert [each["CidrIp"] for each in group["SecurityGroupIngress"]] == ["203.0.113.0/24"]


def test_a_certificate_makes_it_https(bench: Any) -> None:
    arn = "arn:aws:acm:us-east-1:111111111111:certificate/1"
    built = build(bench, certificate=acm.Certificate.from_certificate_arn(bench.stack, "Certificate", arn))
    [listener] = bench.resources("AWS::ElasticLoadBalancingV2::Listener").values()
    assert (listener["Port"], listener["Protocol"]) == (443, "HTTPS")
    assert listener["SslPolicy"].startswith("ELBSecurityPolicy-TLS13")
    assert built.url.startswith("https://")


def test_every_problem_is_in_the_one_message(bench: Any) -> None:
    cluster = cluster_of(bench)
    with pytest.raises(InvalidPropsError) as caught:
        HelloServiceProps(
            cluster=cluster,
            desired_count=0,
            allow_from=["everybody", "10.0.0.0/8"],
            image="",
            deregistration_delay=Duration.seconds(120),
        )
    assert str(caught.value).split("; ") == [
        "HelloServiceProps: desired_count is 0, allowed: 1 to 1000",
        "allow_from is ['everybody'], allowed: IPv4 networks, such as 203.0.113.0/24",
        "image is '', allowed: the name of an image",
        "drain budget is 'deregistration delay 120 s + stop timeout 30 s + event latency 20 s = 170 s', "
        "allowed: 120 s (50 s too long)",
    ]
