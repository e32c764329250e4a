"""Props of SpotCapacity: every problem in one message, each limit at its edge, tokens let through."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration, Token
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2

from refarch._shared.checks import InvalidPropsError
from refarch.compute import ScheduledSize, SpotCapacityProps

DAILY = autoscaling.Schedule.cron(hour="6", minute="0")


def make_vpc(stack: cdk.Stack, zones: list[str]) -> ec2.IVpc:
    subnets = [f"subnet-{zone}" for zone in zones]
    return ec2.Vpc.from_vpc_attributes(
        stack, "Vpc" + "".join(zones), vpc_id="vpc-1", availability_zones=zones, private_subnet_ids=subnets
    )


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "Test")


@pytest.fixture(scope="module")
def vpc(stack: cdk.Stack) -> ec2.IVpc:
    return make_vpc(stack, ["a", "b"])


def test_every_problem_is_in_the_one_message(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidPropsError) as caught:
        SpotCapacityProps(
            vpc=make_vpc(stack, ["x"]),
            instance_types=["m7g.large", "m7i.large", "m7g.larg", "m7g.large"],
            min_capacity=-1,
            max_capacity=3,
            on_demand_base=4,
            on_demand_percentage=101,
            spot_max_price="cheap",
            root_volume_gb=4,
            metadata_hop_limit=0,
            ssh_from=["0.0.0.0/0"],
            health_check_grace=Duration.hours(3),
            max_instance_lifetime=Duration.hours(12),
        )
    assert str(caught.value).split("; ") == [
        "SpotCapacityProps: instance_types is 'm7g.larg', allowed: a known type (perhaps m7g.large, m7gd.large, "
        "m7g.xlarge), or one that further_types names",
        "instance_types is ['m7g.large'], allowed: each type once",
        "instance_types is {'arm64': ['m7g.large', 'm7g.large'], 'x86_64': ['m7i.large']}, allowed: types of one "
        "architecture: one image boots on no other",
        "min_capacity is -1, allowed: 0 to 10000",
        "on_demand_percentage is 101, allowed: 0 to 100 percent",
        "on_demand_base is 4, allowed: at most max_capacity (3)",
        "vpc_subnets is ['x'], allowed: subnets in two zones or more: one zone is one market",
        "ssh_from is ['0.0.0.0/0'], allowed: IPv4 networks (203.0.113.0/24), and never all addresses",
        "ssh_from is ['0.0.0.0/0'], allowed: none without key_pair",
        "root_volume_gb is 4, allowed: 8 to 16384 GiB",
        "metadata_hop_limit is 0, allowed: 1 to 64",
        "spot_max_price is 'cheap', allowed: US dollars an hour (0.05), or empty",
        "health_check_grace is 10800, allowed: 0 to 7200 seconds",
        "max_instance_lifetime is 0.5, allowed: 1 to 365 days",
    ]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"min_capacity": 5, "max_capacity": 4}, r"min_capacity is 5, allowed: at most max_capacity \(4\)"),
        ({"max_capacity": 0, "min_capacity": 0}, "max_capacity is 0, allowed: 1 to"),
        ({"max_capacity": -3}, "max_capacity is -3"),
        ({"on_demand_base": -1}, "on_demand_base is -1"),
        ({"on_demand_percentage": -1}, "on_demand_percentage is -1"),
        ({"instance_types": ["a1.large"]}, "a1 is too old"),
        ({"instance_types": [f"m7g.{n}" for n in range(41)]}, "instance_types is 41, allowed: at most 40"),
        ({"instance_types": ["m7i.large"], "architecture": "arm64"}, "architecture is 'arm64', allowed: x86_64"),
        ({"architecture": "sparc"}, "architecture is 'sparc', allowed: one of arm64, x86_64"),
        ({"further_types": {"m99.large": "arm"}}, r"further_types\['m99.large'\] is 'arm'"),
        ({"spot_max_price": "0"}, "spot_max_price"),
        ({"spot_max_price": "-1"}, "spot_max_price"),
        ({"spot_max_price": "1.2.3"}, "spot_max_price"),
        ({"spot_max_price": "nan"}, "spot_max_price"),
        ({"refresh_on_change": False, "refresh_overrides": {"skip_matching": True}}, "refresh_overrides"),
        ({"refresh_overrides": {"min_healthy_percentage": 0, "max_healthy_percentage": 150}}, "at most 100 above"),
        ({"ssh_from": ["nowhere"]}, "IPv4 networks"),
    ],
)
def test_what_cannot_work_is_said_in_words(vpc: ec2.IVpc, values: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidPropsError, match=words):
        SpotCapacityProps(vpc=vpc, **values)


@pytest.mark.parametrize(
    "values",
    [
        {"min_capacity": 0, "max_capacity": 1},
        {"min_capacity": 4, "max_capacity": 4, "on_demand_base": 4, "on_demand_percentage": 100},
        {"spot_max_price": "0.05"},
        {"instance_types": ["m99g.large"], "further_types": {"m99g.large": "arm64"}},
        {"max_instance_lifetime": Duration.days(1)},
        {"max_instance_lifetime": Duration.days(365)},
        {"health_check_grace": Duration.seconds(0)},
    ],
)
def test_a_limit_itself_is_allowed(vpc: ec2.IVpc, values: dict[str, Any]) -> None:
    SpotCapacityProps(vpc=vpc, **values)


@pytest.mark.parametrize(
    "name",
    [
        "min_capacity",
        "max_capacity",
        "on_demand_base",
        "on_demand_percentage",
        "root_volume_gb",
        "metadata_hop_limit",
    ],
)
def test_a_number_that_is_known_only_at_deployment_passes(vpc: ec2.IVpc, name: str) -> None:
    SpotCapacityProps(vpc=vpc, **{name: Token.as_number({"Ref": "Parameter"})})


def test_other_values_that_are_known_only_at_deployment_pass(vpc: ec2.IVpc) -> None:
    text, number = Token.as_string({"Ref": "Text"}), Token.as_number({"Ref": "Number"})
    SpotCapacityProps(
        vpc=vpc,
        instance_types=[text],
        spot_max_price=text,
        warmup=Duration.seconds(number),
        schedules=[ScheduledSize(id="Morning", schedule=DAILY, min_capacity=number, max_capacity=1)],
    )


def test_zones_that_are_known_only_at_deployment_pass(stack: cdk.Stack) -> None:
    zones = cdk.Fn.split(",", cdk.Fn.import_value("Zones"), 2)
    given = ec2.Vpc.from_vpc_attributes(
        stack, "Split", vpc_id="vpc-1", availability_zones=zones, private_subnet_ids=["subnet-1", "subnet-2"]
    )
    SpotCapacityProps(vpc=given)


def test_requirements_and_types_exclude_each_other(vpc: ec2.IVpc) -> None:
    needs = autoscaling.CfnAutoScalingGroup.InstanceRequirementsProperty(
        memory_mib={"min": 4096}, v_cpu_count={"min": 2}
    )
    assert SpotCapacityProps(vpc=vpc, instance_requirements=needs).chosen_types == ()
    with pytest.raises(InvalidPropsError, match="none with requirements"):
        SpotCapacityProps(vpc=vpc, instance_requirements=needs, instance_types=["m7g.large"])


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (ScheduledSize(id="A", schedule=DAILY), "at least one of three sizes"),
        (ScheduledSize(id="A", schedule=DAILY, min_capacity=-1), "0 to 10000"),
        (ScheduledSize(id="A", schedule=DAILY, min_capacity=3, max_capacity=2), "min_capacity <= desired_capacity"),
        (ScheduledSize(id="A b", schedule=DAILY, min_capacity=1), "letters and digits"),
    ],
)
def test_schedules_that_cannot_work(vpc: ec2.IVpc, size: ScheduledSize, words: str) -> None:
    with pytest.raises(InvalidPropsError, match=words):
        SpotCapacityProps(vpc=vpc, schedules=[size])


def test_two_schedules_of_one_name(vpc: ec2.IVpc) -> None:
    size = ScheduledSize(id="A", schedule=DAILY, min_capacity=1)
    with pytest.raises(InvalidPropsError, match="each id once"):
        SpotCapacityProps(vpc=vpc, schedules=[size, size])
