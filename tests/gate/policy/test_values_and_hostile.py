"""What is decided at deployment is no finding; broken and hostile templates end soon, and say why."""

from __future__ import annotations

from typing import Any

import pytest

from refarch.gate.policy import all_rules, check, rules_of
from refarch.gate.policy.check import RULE_FAILED
from refarch.gate.policy.values import UNKNOWN, at, entries, text
from refarch.gate.templates import TemplateError, parse

ANY = {"Fn::ImportValue": "x"}


def test_a_value_decided_at_deployment_is_unknown_and_no_value_is_absent() -> None:
    properties = {"A": {"B": {"Ref": "P"}}, "C": {"Ref": "AWS::NoValue"}, "D": ANY}
    assert at(properties, "A.B") is UNKNOWN
    assert at(properties, "C") is None
    assert at(properties, "D.E.F") is UNKNOWN
    assert at(properties, "X.Y") is None


def test_both_sides_of_an_if_count() -> None:
    value = [{"Fn::If": ["Prod", {"a": 1}, {"Ref": "AWS::NoValue"}]}, {"b": 2}, {"Ref": "Unknown"}]
    assert list(entries(value)) == [{"a": 1}, {"b": 2}]


def test_texts_keep_the_shape_of_an_arn() -> None:
    value = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", {"Fn::GetAtt": ["B", "Arn"]}, "/*"]]}
    assert text(value) == "arn:<AWS::Partition>:s3:::<B.Arn>/*"


UNKNOWN_VALUES: dict[str, tuple[str, dict[str, Any]]] = {
    "bucket": (
        "AWS::S3::Bucket",
        {"PublicAccessBlockConfiguration": ANY, "AccessControl": ANY, "BucketEncryption": ANY},
    ),
    "function": ("AWS::Lambda::Function", {"Runtime": ANY, "LoggingConfig": ANY, "Environment": {"Variables": ANY}}),
    "group": ("AWS::EC2::SecurityGroup", {"SecurityGroupIngress": ANY}),
    "rule": ("AWS::Events::Rule", {"Targets": ANY, "ScheduleExpression": ANY}),
    "table": ("AWS::DynamoDB::Table", {"PointInTimeRecoverySpecification": ANY, "KeySchema": ANY}),
    "task": ("AWS::ECS::TaskDefinition", {"ContainerDefinitions": ANY, "Cpu": ANY, "Memory": ANY}),
    "machine": ("AWS::StepFunctions::StateMachine", {"DefinitionString": ANY, "LoggingConfiguration": ANY}),
    "role": ("AWS::IAM::Role", {"AssumeRolePolicyDocument": ANY, "Policies": ANY, "ManagedPolicyArns": ANY}),
}
# The bucket has no policy here, the function no role: those are stated by absence.
STATED = {"S3-TLS", "STATEFUL-POLICY", "SCHEMA"}


@pytest.mark.parametrize("name", UNKNOWN_VALUES)
def test_unknown_values_are_no_findings(name: str) -> None:
    kind, properties = UNKNOWN_VALUES[name]
    found = check({"Resources": {"It": {"Type": kind, "Properties": properties}}})
    assert [each for each in found if each.rule not in STATED] == []


def junk(kind: str) -> list[dict[str, Any]]:
    """Properties of every wrong form."""
    names = [
        "Policies",
        "Statement",
        "PolicyDocument",
        "SecurityGroupIngress",
        "Targets",
        "ContainerDefinitions",
        "Tags",
    ]
    forms: list[Any] = [None, [], {}, "x", 7, [[]], [None], {"a": {"b": []}}, [{"Ref": ["x"]}], {"Fn::GetAtt": 3}]
    return [{"Type": kind, "Properties": dict.fromkeys(names, form)} for form in forms]


def test_no_rule_fails_on_any_form() -> None:
    kinds = sorted({kind for kind, _ in UNKNOWN_VALUES.values()} | {"AWS::SQS::Queue", "AWS::IAM::Policy", "X", ""})
    for kind in kinds:
        for resource in junk(kind):
            found = check({"Resources": {"It": resource, "Other": {"Type": kind}}}, profile="regulated")
            assert [each.message for each in found if each.rule == RULE_FAILED] == []


def test_sections_may_be_of_any_form() -> None:
    for form in (None, [], "x", 3, {"a": None}, {"a": []}):
        assert check({"Resources": form, "Parameters": form}) is not None


def test_circles_and_crowds_end() -> None:
    ring = {
        f"R{n}": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": f"R{(n + 1) % 500}"}}}
        for n in range(500)
    }
    assert any(each.rule == "CYCLE" for each in check({"Resources": ring}))
    crowd = {f"Q{n}": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"q{n}"}} for n in range(2_000)}
    assert len(check({"Resources": crowd})) >= 4_000


def test_a_bomb_is_refused_by_the_reader() -> None:
    with pytest.raises(TemplateError):
        parse("[" * 100_000, "deep.json")
    bomb = "a: &a [x,x,x,x,x,x,x,x]\n" + "".join(
        f"b{n}: &b{n} [{','.join(['*' + ('a' if n == 0 else f'b{n - 1}')] * 9)}]\n" for n in range(9)
    )
    with pytest.raises(TemplateError):
        parse(bomb, "bomb.yaml")


def test_every_control_has_a_rule_and_every_rule_says_what_to_do() -> None:
    assert {each.control for each in all_rules()} >= set(range(1, 55))
    assert [each.id for each in all_rules() if not each.remedy or not each.title or not each.anchor] == []
    assert {each.id for each in rules_of("baseline")} < {each.id for each in rules_of("regulated")}


def test_a_profile_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed: baseline, regulated"):
        rules_of("strict")  # type: ignore[arg-type]
