"""Whatever is in a template, the rules, the second reading and the deploy policy end; samples of others included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refarch.gate.deploy_policy import LIMIT, deploy_policy, size
from refarch.gate.policy import check
from refarch.gate.policy.check import RULE_FAILED
from refarch.gate.policy.rules.events import schedule_problem
from refarch.gate.schemas import schema_of
from refarch.gate.templates import load
from refarch.gate.typed import read

ROOT = Path(__file__).parents[3]
SAMPLES = sorted((ROOT / "node_modules" / "aws-cdk" / "lib").rglob("bootstrap-template.y*ml"))
TYPES = (
    *("AWS::S3::Bucket", "AWS::Lambda::Function", "AWS::IAM::Role", "AWS::IAM::Policy", "AWS::EC2::SecurityGroup"),
    *("AWS::ECS::TaskDefinition", "AWS::DynamoDB::Table", "AWS::StepFunctions::StateMachine", "AWS::Events::Rule"),
    *("AWS::AutoScaling::AutoScalingGroup", "AWS::SQS::Queue", "AWS::CloudFront::Distribution", "AWS::KMS::Key"),
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 70_000),
    st.sampled_from(["*", "Allow", "arn:aws:s3:::b/*", "iam:PassRole", "s3:Get*", "${X.Arn}", "{", "true", ""]),
    st.sampled_from([{"Ref": "R0"}, {"Ref": "AWS::NoValue"}, {"Fn::GetAtt": ["R1", "Arn"]}, {"Fn::Sub": "${R0}-x"}]),
)
KEYS = st.sampled_from(
    [
        "Statement",
        "Effect",
        "Action",
        "Resource",
        "Principal",
        "Condition",
        "States",
        "Next",
        "Rules",
        "Fn::If",
        "Ref",
        "Id",
    ]
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)


@st.composite
def resources(draw: st.DrawFn) -> dict[str, Any]:
    """A resource with properties of its type's names, and values of any form."""
    kind = draw(st.sampled_from(TYPES))
    schema = schema_of(kind)
    assert schema is not None
    names = st.sampled_from(sorted(schema.properties))
    return {"Type": kind, "Properties": draw(st.dictionaries(names, VALUES, max_size=5))}


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(resources(), min_size=1, max_size=4))
def test_nothing_that_a_template_holds_makes_a_rule_fail(made: list[dict[str, Any]]) -> None:
    template = {"Resources": {f"R{number}": each for number, each in enumerate(made)}}
    found = check(template, profile="regulated")
    assert [each.message for each in found if each.rule == RULE_FAILED] == []
    assert found == check(template, profile="regulated")
    read(template)
    assert all(size(each) <= LIMIT for each in deploy_policy(template, stack="S").documents)


@pytest.mark.skipif(not SAMPLES, reason="the CDK's command line is not installed")
def test_the_bootstrap_template_of_the_cdk() -> None:
    """Nobody here wrote it. What is found is true: its deployment role may do everything, by default."""
    for name, template in load(SAMPLES[0]).items():
        rules = {each.rule for each in check(template.content, name=name)}
        assert RULE_FAILED not in rules
        assert rules.isdisjoint({"SCHEMA", "REFERENCE", "ATTRIBUTE", "CYCLE", "UNKNOWN-TYPE", "IAM-UNKNOWN-ACTION"})
        assert {"TYPED-PROPERTY", "TYPED-DIFFERENCE"}.isdisjoint({each.rule for each in read(template.content)})
        assert deploy_policy(template.content, stack="CDKToolkit").documents


@pytest.mark.parametrize(
    "expression",
    ["rate(1 hour)", "rate(5 minutes)", "cron(0 12 * * ? *)", "cron(0/15 * ? * MON-FRI *)"],
)
def test_good_schedules(expression: str) -> None:
    assert schedule_problem(expression) == ""


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("rate(1 hours)", "1 takes the word hour"),
        ("rate(2 hour)", "2 takes the word hours"),
        ("rate(0 minutes)", "1 or more"),
        ("cron(0 12 * * * *)", "must be ?"),
        ("every day", "neither"),
        ("at(2027-01-31T12:00:00)", "neither"),
    ],
)
def test_bad_schedules(expression: str, problem: str) -> None:
    assert problem in schedule_problem(expression)
