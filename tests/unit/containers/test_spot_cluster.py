"""The SpotCluster construct: capacity providers, the agent's settings, one way of draining, and the CDK's traps."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs

from refarch.compute import SpotCapacity, SpotCapacityProps
from refarch.containers import SpotCluster, SpotClusterProps

GROUP = "AWS::AutoScaling::AutoScalingGroup"
TEMPLATE = "AWS::EC2::LaunchTemplate"
PROVIDER = "AWS::ECS::CapacityProvider"
DRAINING = "ECS_ENABLE_SPOT_INSTANCE_DRAINING"


def vpc_of(bench: Any) -> ec2.IVpc:
    found: ec2.IVpc | None = bench.stack.node.try_find_child("Vpc")
    return found or ec2.Vpc.from_vpc_attributes(
        bench.stack,
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=["a", "b"],
        private_subnet_ids=["subnet-1", "subnet-2"],
    )


def build(bench: Any, id: str = "C", spot: dict[str, Any] | None = None, **values: Any) -> SpotCluster:
    capacity = SpotCapacityProps(vpc=vpc_of(bench), **{"min_capacity": 0, **(spot or {})})
    return SpotCluster(bench.stack, id, props=SpotClusterProps(spot=capacity, **values))


def script(bench: Any, word: str) -> str:
    """The user data of a launch template; references read as their logical id."""
    data = bench.named(bench.resources(TEMPLATE), word)["LaunchTemplateData"]["UserData"]["Fn::Base64"]
    return "".join(part if isinstance(part, str) else part["Ref"] for part in data["Fn::Join"][1])


def agent_settings(bench: Any, word: str, folder: Path) -> dict[str, str]:
    """What the agent finds in its file when the launch template's script has run."""
    file = folder / f"{word}.config"
    subprocess.run(["bash", "-eu", "-c", script(bench, word).replace("/etc/ecs/ecs.config", str(file))], check=True)
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def test_the_agent_is_told_to_drain_on_a_notice(bench: Any, tmp_path: Path) -> None:
    build(bench, container_stop_timeout=Duration.seconds(60))
    [cluster] = bench.resources("AWS::ECS::Cluster")
    assert agent_settings(bench, "CSpotLaunch", tmp_path) == {
        "ECS_CLUSTER": cluster,
        "ECS_CONTAINER_STOP_TIMEOUT": "60s",
        DRAINING: "true",
    }
    assert agent_settings(bench, "COnDemandLaunch", tmp_path) == {
        "ECS_CLUSTER": cluster,
        "ECS_CONTAINER_STOP_TIMEOUT": "60s",
    }


def test_the_cdk_alone_still_leaves_the_line_out(bench: Any) -> None:
    """Why the construct writes it. When this fails, the CDK has learnt it: then the line may be there twice."""
    capacity = SpotCapacity(bench.stack, "S", props=SpotCapacityProps(vpc=vpc_of(bench)))
    cluster = ecs.Cluster(bench.stack, "Cluster", vpc=vpc_of(bench))
    provider = ecs.AsgCapacityProvider(
        bench.stack, "Provider", auto_scaling_group=capacity.group, spot_instance_draining=True
    )
    cluster.add_asg_capacity_provider(provider, spot_instance_draining=True)
    assert "ECS_CLUSTER" in script(bench, "SLaunch")
    assert DRAINING not in script(bench, "SLaunch")


def test_each_group_drains_in_one_way(bench: Any) -> None:
    build(bench)
    providers = bench.resources(PROVIDER)
    assert len(providers) == 2
    for each in providers.values():
        assert each["AutoScalingGroupProvider"]["ManagedDraining"] == "ENABLED"
    for kind in ("AWS::AutoScaling::LifecycleHook", "AWS::Lambda::Function", "AWS::SNS::Topic"):
        assert bench.resources(kind) == {}
    assert not any("LifecycleHookSpecificationList" in each for each in bench.resources(GROUP).values())


def test_nothing_protects_an_instance_from_the_stacks_deletion(bench: Any) -> None:
    build(bench)
    for each in bench.resources(PROVIDER).values():
        assert each["AutoScalingGroupProvider"]["ManagedTerminationProtection"] == "DISABLED"
    assert "NewInstancesProtectedFromScaleIn" not in json.dumps(bench.template())


def test_protection_and_headroom_as_asked(bench: Any) -> None:
    build(bench, managed_termination_protection=True, target_capacity_percent=80)
    for each in bench.resources(PROVIDER).values():
        assert each["AutoScalingGroupProvider"]["ManagedTerminationProtection"] == "ENABLED"
        assert each["AutoScalingGroupProvider"]["ManagedScaling"] == {"Status": "ENABLED", "TargetCapacity": 80}
    assert all(each["NewInstancesProtectedFromScaleIn"] is True for each in bench.resources(GROUP).values())
    assert bench.resources("AWS::AutoScaling::LifecycleHook") == {}


def test_protection_goes_after_the_provider_and_before_the_group(bench: Any) -> None:
    """Otherwise ECS protects the instances anew, or CloudFormation waits for protected ones for ever."""
    made = build(bench, managed_termination_protection=True)
    assert made.protection_release is not None
    everything = bench.template()["Resources"]
    releases = bench.resources("Custom::ScaleInProtectionRelease")
    groups = {each["AutoScalingGroupName"]["Ref"] for each in releases.values()}
    assert groups == set(bench.resources(GROUP))
    for provider in bench.resources(PROVIDER):
        [release] = set(everything[provider]["DependsOn"]) & set(releases)
        of = releases[release]["AutoScalingGroupName"]["Ref"]
        assert of == everything[provider]["Properties"]["AutoScalingGroupProvider"]["AutoScalingGroupArn"]["Ref"]
        assert any("ProtectionFunctionRoleDefaultPolicy" in each for each in everything[release]["DependsOn"])
    allowed = bench.actions(bench.resources("AWS::IAM::Policy"), "CProtectionFunctionRole")
    assert "autoScalingGroupName/" in str(allowed["autoscaling:SetInstanceProtection"])
    assert allowed["autoscaling:DescribeAutoScalingGroups"] == ["*"]


def test_tasks_go_to_spot_above_the_base(bench: Any) -> None:
    build(bench, on_demand_base=2, on_demand_weight=1, spot_weight=3)
    [association] = bench.resources("AWS::ECS::ClusterCapacityProviderAssociations").values()
    names = {
        each["Ref"]: name
        for name in ("OnDemand", "Spot")
        for each in association["CapacityProviders"]
        if each["Ref"].startswith(f"C{name}Provider")
    }
    found = {
        names[each["CapacityProvider"]["Ref"]]: (each.get("Base"), each["Weight"])
        for each in association["DefaultCapacityProviderStrategy"]
    }
    assert found == {"OnDemand": (2, 1), "Spot": (None, 3)}


def test_one_group_is_spot_and_one_is_not(bench: Any) -> None:
    built = build(bench, spot={"instance_types": ["m7g.large", "c7g.large"]})
    groups = bench.resources(GROUP)
    share = {
        name: bench.named(groups, f"C{name}Group")["MixedInstancesPolicy"]["InstancesDistribution"][
            "OnDemandPercentageAboveBaseCapacity"
        ]
        for name in ("Spot", "OnDemand")
    }
    assert share == {"Spot": 0, "OnDemand": 100}
    assert built.on_demand.instance_types == built.spot.instance_types
    assert all("DesiredCapacity" not in each for each in groups.values())


@pytest.mark.parametrize(
    ("types", "word"), [(["m7g.large"], "arm64/"), (["m7i.large"], "amazon-linux-2023/recommended")]
)
def test_the_image_is_the_one_for_ecs_of_the_architecture(bench: Any, types: list[str], word: str) -> None:
    build(bench, spot={"instance_types": types})
    images = {
        bench.template()["Parameters"][each["LaunchTemplateData"]["ImageId"]["Ref"]]["Default"]
        for each in bench.resources(TEMPLATE).values()
    }
    [image] = images
    assert image.startswith("/aws/service/ecs/optimized-ami/amazon-linux-2023/")
    assert word in image


def test_container_insights_are_enhanced(bench: Any) -> None:
    build(bench)
    [cluster] = bench.resources("AWS::ECS::Cluster").values()
    assert cluster["ClusterSettings"] == [{"Name": "containerInsights", "Value": "enhanced"}]


def test_fargate_only_when_asked(new_bench: Any) -> None:
    for wanted in (False, True):
        bench = new_bench()
        build(bench, fargate=wanted)
        [association] = bench.resources("AWS::ECS::ClusterCapacityProviderAssociations").values()
        assert ("FARGATE_SPOT" in association["CapacityProviders"]) is wanted


def test_a_service_on_the_cluster_has_the_clusters_strategy(bench: Any) -> None:
    built = build(bench)
    task = ecs.Ec2TaskDefinition(bench.stack, "Task")
    task.add_container("App", image=ecs.ContainerImage.from_registry("nginx"), memory_limit_mib=64)
    ecs.Ec2Service(
        bench.stack,
        "Service",
        cluster=built.cluster,
        task_definition=task,
        capacity_provider_strategies=built.strategy,
        min_healthy_percent=100,
    )
    [service] = bench.resources("AWS::ECS::Service").values()
    assert len(service["CapacityProviderStrategy"]) == 2
    assert service.get("LaunchType") is None


def test_two_in_one_stack_and_no_names(bench: Any) -> None:
    for id in ("A", "B"):
        build(bench, id)
    resources = bench.resources()
    ids = {id: {name[1:-8] for name in resources if name.startswith(id)} for id in "AB"}
    assert ids["A"] == ids["B"] != set()
    assert not [each for each in resources.values() if {"ClusterName", "Name", "AutoScalingGroupName"} & set(each)]
