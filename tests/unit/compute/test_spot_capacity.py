"""The SpotCapacity construct: what it makes, what it takes, the traps it stays out of, and several side by side."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from refarch.compute import DEFAULT_TYPES, ScheduledSize

GROUP = "AWS::AutoScaling::AutoScalingGroup"
TEMPLATE = "AWS::EC2::LaunchTemplate"


def launched(bench: Any) -> dict[str, Any]:
    [template] = bench.resources(TEMPLATE).values()
    data: dict[str, Any] = template["LaunchTemplateData"]
    return data


def the_group(bench: Any) -> dict[str, Any]:
    [group] = bench.resources(GROUP).values()
    properties: dict[str, Any] = group
    return properties


def test_every_resource_can_be_reached_from_an_attribute(bench: Any, build: Any) -> None:
    size = ScheduledSize(id="Morning", schedule=autoscaling.Schedule.cron(hour="6"), min_capacity=3)
    built = build(bench, schedules=[size])
    reachable = [built.launch_template, built.role, *built.security_groups, *built.schedules]
    ids = {bench.stack.get_logical_id(each.node.default_child) for each in reachable}
    ids.add(bench.stack.get_logical_id(built.group.node.find_child("ASG")))
    helpers = ("RoleDefaultPolicy", "LaunchTemplateProfile")  # what CDK puts beside a role and a launch template
    made = set(bench.resources())
    assert {name for name in made - ids if not any(word in name for word in helpers)} == set()
    assert built.connections.security_groups


def test_instances_start_safely(bench: Any, build: Any) -> None:
    build(bench)
    data = launched(bench)
    assert data["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    assert data["Monitoring"] == {"Enabled": False}
    [disk] = data["BlockDeviceMappings"]
    assert disk["Ebs"] == {"Encrypted": True, "VolumeSize": 30, "VolumeType": "gp3"}
    [interface] = data["NetworkInterfaces"]
    assert interface["AssociatePublicIpAddress"] is False
    assert "KeyName" not in data
    [group] = bench.resources("AWS::EC2::SecurityGroup").values()
    assert "SecurityGroupIngress" not in group
    assert bench.resources("AWS::EC2::SecurityGroupIngress") == {}


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_the_image_is_amazon_linux_2023_of_the_architecture(bench: Any, build: Any, architecture: str) -> None:
    built = build(bench, architecture=architecture)
    parameter = bench.template()["Parameters"][launched(bench)["ImageId"]["Ref"]]
    assert parameter["Type"] == "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"
    assert parameter["Default"].startswith("/aws/service/ami-amazon-linux-latest/al2023-")
    assert parameter["Default"].endswith(architecture)
    assert "amzn2" not in json.dumps(bench.template())
    assert [*built.instance_types] == [*DEFAULT_TYPES[architecture]]


def test_no_launch_configuration_even_where_the_flag_is_off(new_bench: Any, build: Any) -> None:
    bench = new_bench({"@aws-cdk/aws-autoscaling:generateLaunchTemplateInsteadOfLaunchConfig": False})
    build(bench)
    assert bench.resources("AWS::AutoScaling::LaunchConfiguration") == {}
    assert len(bench.resources(TEMPLATE)) == 1


def test_spot_is_spread_without_a_price_and_the_size_stays(bench: Any, build: Any) -> None:
    build(bench)
    group = the_group(bench)
    mixed = group["MixedInstancesPolicy"]
    assert mixed["InstancesDistribution"] == {
        "OnDemandAllocationStrategy": "lowest-price",
        "OnDemandBaseCapacity": 0,
        "OnDemandPercentageAboveBaseCapacity": 0,
        "SpotAllocationStrategy": "price-capacity-optimized",
    }
    assert "SpotMaxPrice" not in json.dumps(bench.template())
    assert "InstanceMarketOptions" not in launched(bench)  # a group of mixed instances refuses it
    assert group["CapacityRebalance"] is True
    assert (group["MinSize"], group["MaxSize"]) == ("2", "10")
    assert "DesiredCapacity" not in group
    assert group["VPCZoneIdentifier"] == ["subnet-3", "subnet-4"]


def test_a_change_refreshes_the_instances_new_ones_first(bench: Any, build: Any) -> None:
    build(bench)
    [group] = [each for each in bench.template()["Resources"].values() if each["Type"] == GROUP]
    refresh = group["UpdatePolicy"]["AutoScalingInstanceRefresh"]
    assert refresh["Strategy"] == "Rolling"
    assert refresh["Preferences"]["MinHealthyPercentage"] == 100
    assert refresh["Preferences"]["ScaleInProtectedInstances"] == "Refresh"
    assert group["UpdatePolicy"]["AutoScalingScheduledAction"]["IgnoreUnmodifiedGroupSizeProperties"] is True


def test_no_refresh_where_it_is_not_wanted(bench: Any, build: Any) -> None:
    build(bench, refresh_on_change=False)
    assert "AutoScalingInstanceRefresh" not in json.dumps(bench.template())


def test_what_is_asked_for_arrives(bench: Any, build: Any) -> None:
    stack = bench.stack
    build(
        bench,
        instance_types=["m7i.large", "c7i.large"],
        min_capacity=0,
        max_capacity=5,
        on_demand_base=1,
        on_demand_percentage=25,
        spot_max_price="0.05",
        public_ip=True,
        key_pair=ec2.KeyPair.from_key_pair_name(stack, "Key", "mine"),
        ssh_from=["203.0.113.0/24"],
        metadata_hop_limit=2,
        load_balancer_health=True,
        max_instance_lifetime=Duration.days(7),
        schedules=[
            ScheduledSize(id="Night", schedule=autoscaling.Schedule.cron(hour="22"), max_capacity=1, time_zone="CET")
        ],
        launch_template_overrides={"detailed_monitoring": True},
        group_overrides={"new_instances_protected_from_scale_in": True},
        refresh_overrides={"max_healthy_percentage": 150},
    )
    group, data = the_group(bench), launched(bench)
    distribution = group["MixedInstancesPolicy"]["InstancesDistribution"]
    assert (distribution["OnDemandBaseCapacity"], distribution["OnDemandPercentageAboveBaseCapacity"]) == (1, 25)
    assert distribution["SpotMaxPrice"] == "0.05"
    types = [each["InstanceType"] for each in group["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"]]
    assert types == ["m7i.large", "c7i.large"]
    assert group["VPCZoneIdentifier"] == ["subnet-1", "subnet-2"]
    assert group["HealthCheckType"] == "EBS,ELB"
    assert group["MaxInstanceLifetime"] == 7 * 86_400
    assert group["NewInstancesProtectedFromScaleIn"] is True
    assert data["KeyName"] == "mine"
    assert data["NetworkInterfaces"][0]["AssociatePublicIpAddress"] is True
    assert data["MetadataOptions"]["HttpPutResponseHopLimit"] == 2
    assert data["Monitoring"] == {"Enabled": True}
    [rule] = bench.named(bench.resources("AWS::EC2::SecurityGroup"), "SSecurityGroup")["SecurityGroupIngress"]
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("203.0.113.0/24", 22, 22)
    [action] = bench.resources("AWS::AutoScaling::ScheduledAction").values()
    assert (action["MaxSize"], action["TimeZone"]) == (1, "CET")
    assert "DesiredCapacity" not in action
    assert '"MaxHealthyPercentage": 150' in json.dumps(bench.template())


def test_what_an_instance_needs_in_place_of_types(bench: Any, build: Any) -> None:
    needs = autoscaling.CfnAutoScalingGroup.InstanceRequirementsProperty(
        memory_mib={"min": 4096}, v_cpu_count={"min": 2}
    )
    built = build(bench, instance_requirements=needs, architecture="x86_64")
    [override] = the_group(bench)["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"]
    assert override == {"InstanceRequirements": {"MemoryMiB": {"Min": 4096}, "VCpuCount": {"Min": 2}}}
    assert built.pools is None


def test_what_is_given_is_used_and_left_as_it_is(bench: Any, build: Any) -> None:
    groups = [ec2.SecurityGroup.from_security_group_id(bench.stack, f"G{n}", f"sg-{n}") for n in (1, 2)]
    role = iam.Role.from_role_name(bench.stack, "Given", "given")
    data = ec2.UserData.for_linux()
    built = build(bench, security_groups=groups, role=role, user_data=data)
    built.user_data.add_commands("echo hello")
    assert launched(bench)["NetworkInterfaces"][0]["Groups"] == ["sg-1", "sg-2"]
    assert "echo hello" in json.dumps(launched(bench)["UserData"])
    assert bench.resources("AWS::IAM::Policy") == bench.resources("AWS::EC2::SecurityGroup") == {}


def test_the_role_speaks_with_systems_manager_and_reads_no_parameters(bench: Any, build: Any) -> None:
    build(bench)
    allowed = bench.actions(bench.resources("AWS::IAM::Policy"), "SRole")
    assert "ssmmessages:OpenDataChannel" in allowed
    assert not [action for action in allowed if "GetParameter" in action or "*" in action]
    assert "ManagedPolicyArns" not in json.dumps(bench.template())


def test_a_role_that_may_do_nothing(bench: Any, build: Any) -> None:
    build(bench, session_manager=False)
    assert bench.resources("AWS::IAM::Policy") == {}


def test_numbers_that_are_known_at_deployment_reach_the_group(bench: Any, build: Any) -> None:
    number = cdk.CfnParameter(bench.stack, "Size", type="Number").value_as_number
    build(bench, min_capacity=number, max_capacity=number, on_demand_base=number, root_volume_gb=number)
    assert the_group(bench)["MixedInstancesPolicy"]["InstancesDistribution"]["OnDemandBaseCapacity"] == {"Ref": "Size"}
    assert the_group(bench)["MaxSize"] == {"Ref": "Size"}
    assert "e+289" not in json.dumps(bench.template())


def test_two_in_one_stack_and_the_stacks_name_in_no_id(bench: Any, build: Any) -> None:
    for id in ("A", "B"):
        build(bench, id)
    other = cdk.Stack(bench.app, "Renamed")
    build(bench, "A", stack=other)
    here, there = bench.resources(), bench.resources(stack=other)
    assert {name for name in here if name.startswith("A")} == set(there)
    assert {name[1:-8] for name in here if name.startswith("A")} == {
        name[1:-8] for name in here if name.startswith("B")
    }
    named = ("LaunchTemplateName", "AutoScalingGroupName", "RoleName", "GroupName", "InstanceProfileName")
    assert [name for name, each in here.items() if any(key in each for key in named)] == []


def test_an_optional_prop_renames_nothing_that_exists(new_bench: Any, build: Any) -> None:
    before = new_bench()
    build(before)
    size = ScheduledSize(id="Night", schedule=autoscaling.Schedule.cron(hour="22"), max_capacity=1)
    for values in ({"public_ip": True}, {"schedules": [size]}, {"instance_types": ["m7g.large"]}):
        bench = new_bench()
        build(bench, **values)
        assert set(before.resources()) <= set(bench.resources())
