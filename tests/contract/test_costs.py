"""What the stacks cost while nothing runs, computed here by hand from the price pages; the card must say the same."""

from __future__ import annotations

from typing import Any

import pytest

from refarch.gate.cost import card
from refarch.gate.templates import Template

ALARM, DASHBOARD, HOURS = 0.10, 3.0, 730
SPOT_PAID = 1 - 0.63  # what the table of Spot discounts assumes for the families of these types, at worst
# Two c6g.large, the cheapest of the six types, each with an address and 30 GB; a load balancer with two addresses.
ECS_SPOT = (
    2 * 0.068 * HOURS * SPOT_PAID
    + 2 * 0.005 * HOURS
    + 2 * 30 * 0.08
    + 0.0225 * HOURS
    + 2 * 0.005 * HOURS
    + DASHBOARD
    + 5 * ALARM
)
# A t4g.small with the address it starts with and the one it takes over, 16 + 20 GB, three secrets, two alarms.
LAMP = 0.0168 * HOURS + 2 * 0.005 * HOURS + 36 * 0.08 + 3 * 0.40 + 2 * ALARM
IDLE = {"map_reduce": 3 * ALARM, "ecs_spot": ECS_SPOT, "genomics": 4 * ALARM + DASHBOARD, "lamp": LAMP}
IDLE["spot_interruption"] = 3 * ALARM + DASHBOARD
# What no schedule stops: a load balancer and its two addresses, those of both origins, three secrets.
STREAMING_STOPPED = 0.0225 * HOURS + (2 + 2) * 0.005 * HOURS + 3 * 0.40 + DASHBOARD + 17 * ALARM
# Two c6g.xlarge On-Demand with 100 GB; two edges and a test source, c6g.large on Spot, with 16 GB; an address each.
IDLE["immersive_streaming"] = (
    STREAMING_STOPPED
    + 2 * (0.136 * HOURS + 100 * 0.08)
    + 3 * (0.068 * HOURS * SPOT_PAID + 16 * 0.08)
    + 5 * 0.005 * HOURS
)


def test_the_idle_cost_is_the_one_computed_by_hand(synthesized: Any) -> None:
    if synthesized.name not in IDLE:
        pytest.skip("not computed by hand")
    made = card(Template(synthesized.name, synthesized.template))
    assert made.idle == pytest.approx(IDLE[synthesized.name], abs=0.01)


def test_what_a_schedule_leaves_is_the_one_computed_by_hand(synthesized: Any) -> None:
    """The page of ImmersiveStreaming tells both."""
    made = card(Template(synthesized.name, synthesized.template))
    if synthesized.name == "immersive_streaming":
        assert made.emptied == frozenset()
    if synthesized.name == "immersive_streaming.everything":
        workers = [each for each in synthesized.resources("AWS::AutoScaling::AutoScalingGroup") if "VodWorkers" in each]
        assert len(made.emptied) == len(synthesized.resources("AWS::AutoScaling::AutoScalingGroup")) - len(workers)
        theirs = sum(each.idle for each in made.lines if each.resource in workers)  # told to be never without one
        assert made.stopped - theirs == pytest.approx(STREAMING_STOPPED, abs=0.01)


def test_every_type_of_the_catalogue_is_priced_free_or_named(synthesized: Any) -> None:
    made = card(Template(synthesized.name, synthesized.template))
    counted = {each.resource for each in made.lines}
    left_out = sum(each.count for each in made.left_out)
    silent = len(synthesized.template["Resources"]) - len(counted) - left_out - made.free
    # Services that run on instances, gateway endpoints and standard parameters cost nothing, and are of types that may.
    free_here = [
        name
        for name, each in synthesized.resources(
            "AWS::ECS::Service", "AWS::EC2::VPCEndpoint", "AWS::SSM::Parameter"
        ).items()
        if name not in counted
    ]
    assert silent == len(free_here)
