"""Props of InterruptionResponder: every problem in one message."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import Token
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_lambda as lambda_

from refarch._shared.checks import InvalidPropsError
from refarch.compute.drain_budget import DrainBudget
from refarch.compute.interruption_responder_props import InterruptionResponderProps


def test_every_problem_is_in_the_one_message() -> None:
    stack = cdk.Stack(cdk.App(), "Test")
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef"
    group = elbv2.ApplicationTargetGroup.from_target_group_attributes(stack, "Group", target_group_arn=arn)
    with pytest.raises(InvalidPropsError) as caught:
        InterruptionResponderProps(
            on_rebalance="panic",  # type: ignore[arg-type]
            interruption_log_days=0,
            lifecycle_hooks=True,
            target_groups=[group],
            target_group_tags={"team": "web"},
            command_document="a b",
            command_tag="",
            runtime=lambda_.Runtime.PYTHON_3_9,
            drain_budget=DrainBudget(deregistration_delay=90, stop_timeout=30, event_latency=15),
        )
    assert str(caught.value).split("; ") == [
        "InterruptionResponderProps: on_rebalance is 'panic', allowed: one of notify, drain, ignore",
        "interruption_log_days is 0, allowed: 1 to 3650 days",
        "lifecycle_hooks is True, allowed: only with auto_scaling_groups",
        "target_group_tags is {'team': 'web'}, allowed: none with target_groups",
        "command_document is 'a b', allowed: a document's name: 3 to 128 letters, digits and _.-",
        "command_tag is '', allowed: a tag key",
        "runtime is 'python3.9', allowed: python3.11 or later",
        "drain_budget is 'deregistration delay 90 s + stop timeout 30 s + event latency 15 s = 135 s', "
        "allowed: 120 s (15 s too long)",
    ]


def test_values_known_at_deployment_pass() -> None:
    number = Token.as_number({"Ref": "Delay"})
    budget = DrainBudget(deregistration_delay=number)
    props = InterruptionResponderProps(
        drain_budget=budget, interruption_log_days=number, command_document=Token.as_string({"Ref": "Document"})
    )
    assert props.drain_budget is budget
