"""What a SpotCluster offers besides its two groups: other providers, a given cluster, trunking, logs, and its end."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs

from refarch._shared.checks import InvalidPropsError
from refarch.compute import SpotCapacity, SpotCapacityProps
from refarch.containers import ManagedInstances, SpotCluster, SpotClusterProps
from refarch.containers.instance_logs import LOG_FILES, agent_settings, commands

TEMPLATE = "AWS::EC2::LaunchTemplate"


def vpc_of(bench: Any, id: str = "Vpc") -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        bench.stack, id, vpc_id="vpc-1", availability_zones=["a", "b"], private_subnet_ids=["subnet-1", "subnet-2"]
    )


def build(bench: Any, **values: Any) -> SpotCluster:
    spot = values.pop("spot", None) or SpotCapacityProps(vpc=vpc_of(bench), min_capacity=0)
    return SpotCluster(bench.stack, "C", props=SpotClusterProps(spot=spot, **values))


def script(bench: Any, word: str) -> str:
    data = bench.named(bench.resources(TEMPLATE), word)["LaunchTemplateData"]["UserData"]["Fn::Base64"]
    return "".join(part if isinstance(part, str) else "TOKEN" for part in data["Fn::Join"][1])


def service(bench: Any, id: str, cluster: ecs.Cluster, **values: Any) -> ecs.Ec2Service:
    task = ecs.Ec2TaskDefinition(bench.stack, f"{id}Task")
    task.add_container("App", image=ecs.ContainerImage.from_registry("nginx"), memory_limit_mib=64)
    return ecs.Ec2Service(bench.stack, id, cluster=cluster, task_definition=task, min_healthy_percent=100, **values)


def other_cluster(bench: Any, vpc: ec2.IVpc) -> ecs.Cluster:
    """One that the CDK alone makes, with a provider."""
    capacity = SpotCapacity(bench.stack, "OtherCapacity", props=SpotCapacityProps(vpc=vpc))
    cluster = ecs.Cluster(bench.stack, "OtherCluster", vpc=vpc)
    provider = ecs.AsgCapacityProvider(
        bench.stack, "OtherProvider", auto_scaling_group=capacity.group, enable_managed_draining=True
    )
    cluster.add_asg_capacity_provider(provider)
    return cluster


def test_a_service_is_made_after_the_providers_and_goes_before_them(bench: Any) -> None:
    built = build(bench)
    service(bench, "Ours", built.cluster, capacity_provider_strategies=built.strategy)
    service(bench, "Other", other_cluster(bench, built.props.spot.vpc))
    resources = bench.template()["Resources"]
    kind = "AWS::ECS::ClusterCapacityProviderAssociations"
    [association] = [name for name, each in resources.items() if each["Type"] == kind and name.startswith("CCluster")]
    depends = {
        name: each.get("DependsOn", []) for name, each in resources.items() if each["Type"] == "AWS::ECS::Service"
    }
    assert {name[:4]: association in names for name, names in depends.items()} == {"Ours": True, "Othe": False}


def test_the_cdk_alone_still_forgets_the_order(bench: Any) -> None:
    """Why the construct says it. When this fails, the CDK has learnt it, and the aspect can go."""
    service(bench, "S", other_cluster(bench, vpc_of(bench)))
    [made] = [each for each in bench.template()["Resources"].values() if each["Type"] == "AWS::ECS::Service"]
    assert not [name for name in made.get("DependsOn", []) if name.startswith("OtherCluster")]


def test_a_given_cluster_keeps_its_settings(bench: Any) -> None:
    vpc = vpc_of(bench)
    mine = ecs.Cluster(bench.stack, "Mine", vpc=vpc, container_insights_v2=ecs.ContainerInsights.DISABLED)
    built = build(bench, spot=SpotCapacityProps(vpc=vpc, min_capacity=0), cluster=mine)
    assert built.cluster is mine
    [(name, properties)] = bench.resources("AWS::ECS::Cluster").items()
    assert properties["ClusterSettings"] == [{"Name": "containerInsights", "Value": "disabled"}]
    [association] = bench.resources("AWS::ECS::ClusterCapacityProviderAssociations").values()
    assert association["Cluster"] == {"Ref": name}
    assert len(association["CapacityProviders"]) == 2


def test_a_cluster_elsewhere_and_fargate_beside_it_are_two_problems_in_one_message(bench: Any) -> None:
    mine = ecs.Cluster(bench.stack, "Mine", vpc=vpc_of(bench, "Other"))
    with pytest.raises(InvalidPropsError) as caught:
        build(bench, cluster=mine, fargate=True)
    assert "cluster.vpc is 'Test/Other', allowed: the VPC of spot (Test/Vpc)" in str(caught.value)
    assert "fargate is True, allowed: False with cluster" in str(caught.value)


def test_fargate_has_the_same_shares_in_a_strategy_of_its_own(bench: Any) -> None:
    built = build(bench, fargate=True, on_demand_base=1, on_demand_weight=1, spot_weight=4)
    found = [(each.capacity_provider, each.base, each.weight) for each in built.fargate_strategy]
    assert found == [("FARGATE", 1, 1), ("FARGATE_SPOT", None, 4)]
    [association] = bench.resources("AWS::ECS::ClusterCapacityProviderAssociations").values()
    assert "FARGATE" not in json.dumps(association["DefaultCapacityProviderStrategy"])


@pytest.mark.parametrize(("spot", "option"), [(True, "SPOT"), (False, "ON_DEMAND")])
def test_managed_instances_have_no_names_and_ecs_may_pass_their_role(bench: Any, spot: bool, option: str) -> None:
    built = build(bench, managed_instances=ManagedInstances(spot=spot))
    assert len(built.managed_instances_strategy) == 1
    provider = bench.named(bench.resources("AWS::ECS::CapacityProvider"), "CManagedInstances")
    assert provider["ManagedInstancesProvider"]["InstanceLaunchTemplate"]["CapacityOptionType"] == option
    assert not [each for each in bench.resources("AWS::IAM::Role").values() if "RoleName" in each]
    allowed = bench.actions(bench.resources("AWS::IAM::Policy"), "CManagedInstancesRole")
    [passed] = allowed["iam:PassRole"]
    assert passed["Fn::GetAtt"][0].startswith("CManagedInstanceRole")


def test_trunking_is_switched_on_by_the_role_itself_and_nothing_else_is(bench: Any) -> None:
    build(bench, eni_trunking=True)
    for word in ("CSpot", "COnDemand"):
        assert "put-account-setting --name awsvpcTrunking --value enabled" in script(bench, f"{word}Launch")
        policy = bench.named(bench.resources("AWS::IAM::Policy"), f"{word}Role")["PolicyDocument"]["Statement"]
        [statement] = [each for each in policy if each["Action"] == "ecs:PutAccountSetting"]
        assert statement["Condition"] == {"StringEquals": {"ecs:account-setting": "awsvpcTrunking"}}


def test_neither_is_there_unless_asked(bench: Any) -> None:
    build(bench)
    text = json.dumps(bench.template())
    assert "put-account-setting" not in text
    assert "amazon-cloudwatch-agent" not in text
    assert bench.resources("AWS::Logs::LogGroup") == {}


def test_an_instance_may_write_into_the_one_log_group(bench: Any) -> None:
    built = build(bench, instance_logs=True)
    assert built.log_group is not None
    [(name, group)] = bench.resources("AWS::Logs::LogGroup").items()
    assert group["RetentionInDays"] == 7
    for word in ("CSpotRole", "COnDemandRole"):
        allowed = bench.actions(bench.resources("AWS::IAM::Policy"), word)
        assert allowed["logs:PutLogEvents"][-1] == {"Fn::GetAtt": [name, "Arn"]}
        assert "logs:CreateLogGroup" not in allowed
    assert "refarch-ship-logs" in script(bench, "CSpotLaunch")


def test_the_six_files_of_the_original_are_named_once_each() -> None:
    [[*listed]] = [agent_settings("g", "c")["logs"]["logs_collected"]["files"]["collect_list"]]
    assert [each["file_path"] for each in listed] == [
        "/var/log/dmesg",
        "/var/log/messages",
        "/var/log/docker",
        "/var/log/ecs/ecs-init.log",
        "/var/log/ecs/ecs-agent.log",
        "/var/log/ecs/audit.log",
    ]
    streams = {each["log_stream_name"] for each in listed}
    assert len(streams) == len(LOG_FILES)
    assert "c/{instance_id}/ecs-agent" in streams


def test_the_script_writes_what_the_two_daemons_read(tmp_path: Path) -> None:
    """Run by bash, with programs of this test in place of the system's and a folder in place of its root."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("dnf", "systemctl", "control"):
        (programs / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/calls\n')
        (programs / name).chmod(0o755)
    (programs / "systemd-run").write_text('#!/bin/sh\nwhile [ "$1" != bash ]; do shift; done\nexec "$@"\n')
    (programs / "systemd-run").chmod(0o755)
    text = "\n".join(commands("the-group", "the-cluster"))
    text = text.replace("/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl", "control")
    text = re.sub(r"(?<![\w-])/(?=opt/|etc/|usr/local/)", f"{tmp_path}/", text)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["bash", "-eu", "-c", text], check=True, env={"PATH": path})
    settings = tmp_path / "opt/aws/amazon-cloudwatch-agent/etc/refarch.json"
    assert json.loads(settings.read_text()) == agent_settings("the-group", "the-cluster")
    rules = (tmp_path / "etc/rsyslog.d/30-refarch.conf").read_text().splitlines()
    assert [line.split()[-1] for line in rules] == ["/var/log/dmesg", "/var/log/docker"]
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls[0].endswith("rsyslog amazon-cloudwatch-agent")
    assert calls[-1].endswith(f"file:{settings}")
