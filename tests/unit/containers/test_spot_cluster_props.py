"""Props of SpotCluster: every problem in one message, limits, tokens, and groups that do not fit each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration, Token
from aws_cdk import aws_ec2 as ec2

from refarch._shared.checks import InvalidPropsError
from refarch.compute import SpotCapacityProps
from refarch.containers import SpotClusterProps


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "Test")


def vpc_of(stack: cdk.Stack, id: str) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack, id, vpc_id="vpc-1", availability_zones=["a", "b"], private_subnet_ids=["subnet-1", "subnet-2"]
    )


@pytest.fixture(scope="module")
def spot(stack: cdk.Stack) -> SpotCapacityProps:
    return SpotCapacityProps(vpc=vpc_of(stack, "Vpc"), min_capacity=1)


def test_every_problem_is_in_the_one_message(spot: SpotCapacityProps) -> None:
    with pytest.raises(InvalidPropsError) as caught:
        SpotClusterProps(
            spot=replace(spot, on_demand_percentage=100),
            on_demand=spot,
            spot_weight=0,
            on_demand_base=-1,
            target_capacity_percent=0,
            container_stop_timeout=Duration.minutes(2),
        )
    assert str(caught.value).split("; ") == [
        "SpotClusterProps: on_demand_base is -1, allowed: 0 to 100000",
        "target_capacity_percent is 0, allowed: 1 to 100 percent",
        "container_stop_timeout is 120, allowed: 1 to 119 seconds",
        "spot_weight and on_demand_weight is (0, 0), allowed: one of them above 0",
        "spot.on_demand_percentage is 100, allowed: less than 100",
        "on_demand.on_demand_percentage is 0, allowed: 100",
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"spot_weight": 1001},
        {"on_demand_weight": -1},
        {"target_capacity_percent": 101},
        {"container_stop_timeout": Duration.seconds(0)},
    ],
)
def test_one_beyond_a_limit_is_not_allowed(spot: SpotCapacityProps, values: dict[str, Any]) -> None:
    with pytest.raises(InvalidPropsError, match=next(iter(values))):
        SpotClusterProps(spot=spot, **values)


def test_what_is_known_only_at_deployment_passes(spot: SpotCapacityProps) -> None:
    number = Token.as_number({"Ref": "Parameter"})
    SpotClusterProps(
        spot=replace(spot, on_demand_percentage=number),
        spot_weight=number,
        on_demand_weight=number,
        on_demand_base=number,
        target_capacity_percent=number,
    )


def test_two_networks_are_no_cluster(stack: cdk.Stack, spot: SpotCapacityProps) -> None:
    other = SpotCapacityProps(vpc=vpc_of(stack, "Other"), on_demand_percentage=100)
    with pytest.raises(InvalidPropsError, match=r"on_demand.vpc is 'Test/Other', allowed: the VPC of spot"):
        SpotClusterProps(spot=spot, on_demand=other)


def test_user_data_is_not_shared(spot: SpotCapacityProps) -> None:
    """Each group adds lines: in one script they would all be on both."""
    mine = replace(spot, user_data=ec2.UserData.for_linux())
    with pytest.raises(InvalidPropsError, match="user_data of their own"):
        SpotClusterProps(spot=mine)
    with pytest.raises(InvalidPropsError, match="each group writes lines into it"):
        SpotClusterProps(spot=mine, on_demand=replace(mine, on_demand_percentage=100))
    SpotClusterProps(spot=mine, on_demand=replace(spot, on_demand_percentage=100, user_data=ec2.UserData.for_linux()))


def test_the_on_demand_group_stands_beside_the_spot_group(spot: SpotCapacityProps) -> None:
    chosen = SpotClusterProps(spot=spot).chosen_on_demand
    assert (chosen.min_capacity, chosen.max_capacity, chosen.on_demand_percentage) == (0, 10, 100)
