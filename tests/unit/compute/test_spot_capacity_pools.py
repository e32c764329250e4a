"""What a SpotCapacity says about its pools and its way out, and how a warning is taken back."""

from __future__ import annotations

from typing import Any

from aws_cdk import Annotations
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2

from refarch.compute.spot_capacity import FEW_POOLS, NO_WAY_OUT


def notes(bench: Any, kind: str) -> list[str]:
    [assembly] = [each for each in bench.app.synth().stacks if each.stack_name == "Test"]
    own = [each for each in assembly.messages if each.id.startswith("/Test/S")]
    return [str(each.entry.data) for each in own if each.level.name == kind]


def test_twelve_pools_are_said_and_are_safe(bench: Any, build: Any) -> None:
    built = build(bench)
    assert built.pools is not None
    assert built.pools.count == 12
    assert [note for note in notes(bench, "INFO") if note.startswith("12 Spot pools (6 types in 2 zones)")]
    assert notes(bench, "WARNING") == []


def test_fewer_pools_are_a_warning(bench: Any, build: Any) -> None:
    built = build(bench, instance_types=["c7g.large"])
    assert built.pools is not None
    assert built.pools.count == 2  # what the original had
    [warning] = notes(bench, "WARNING")
    assert "2 Spot pools (1 type in 2 zones), fewer than 12" in warning
    assert FEW_POOLS in warning


def test_the_warning_can_be_acknowledged(bench: Any, build: Any) -> None:
    built = build(bench, instance_types=["c7g.large"])
    Annotations.of(built).acknowledge_warning(FEW_POOLS, "A test system, lost without harm")
    assert notes(bench, "WARNING") == []


def test_a_group_without_spot_has_no_spot_pools_to_warn_of(bench: Any, build: Any) -> None:
    build(bench, instance_types=["c7g.large"], on_demand_percentage=100)
    assert notes(bench, "WARNING") == notes(bench, "INFO") == []


def test_public_subnets_without_an_address_are_a_warning(bench: Any, build: Any) -> None:
    build(bench, vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC))
    [warning] = notes(bench, "WARNING")
    assert NO_WAY_OUT in warning


def test_a_new_vpc_of_an_app_without_an_account_has_its_zones_counted(bench: Any, build: Any) -> None:
    vpc = ec2.Vpc(bench.stack, "New", nat_gateways=0, max_azs=2)
    built = build(bench, vpc=vpc, public_ip=True)
    assert built.pools is not None
    assert built.pools.count == 12


def test_the_pools_of_requirements_are_unknown_and_no_warning(bench: Any, build: Any) -> None:
    needs = autoscaling.CfnAutoScalingGroup.InstanceRequirementsProperty(
        memory_mib={"min": 4096}, v_cpu_count={"min": 2}
    )
    assert build(bench, instance_requirements=needs).pools is None
    assert notes(bench, "WARNING") == notes(bench, "INFO") == []
