"""A SpotCapacity on a given network, in a word."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from refarch.compute import SpotCapacity, SpotCapacityProps


def vpc_of(stack: cdk.Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=["a", "b"],
        public_subnet_ids=["subnet-1", "subnet-2"],
        private_subnet_ids=["subnet-3", "subnet-4"],
    )


def _build(bench: Any, id: str = "S", *, stack: cdk.Stack | None = None, **values: Any) -> SpotCapacity:
    scope = stack or bench.stack
    vpc = values.pop("vpc", None) or scope.node.try_find_child("Vpc") or vpc_of(scope)
    return SpotCapacity(scope, id, props=SpotCapacityProps(vpc=vpc, **values))


@pytest.fixture
def build() -> Any:
    """`build(bench, id="S", **props)`; with `stack`, into another stack of the bench's app."""
    return _build
