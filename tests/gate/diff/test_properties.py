"""What must hold of any template: nothing changes where nothing did, and no edit that the schemas allow crashes."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from refarch.gate.diff import StackDiff, Verdict, compare, findings_of
from refarch.gate.diff.compare import fixed_paths
from refarch.gate.schemas import ResourceSchema, schema_of
from refarch.gate.templates import Template, TemplateError, parse

TYPES = [
    *("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::Lambda::Function", "AWS::IAM::Role"),
    *("AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::SecurityGroup", "AWS::EC2::Instance", "AWS::ECS::Service"),
    *("AWS::RDS::DBInstance", "AWS::KMS::Key", "AWS::SNS::Topic", "AWS::Events::Rule", "AWS::IAM::ManagedPolicy"),
    *("AWS::AutoScaling::AutoScalingGroup", "AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::Lambda::Permission"),
    *("AWS::CloudFront::Distribution", "AWS::Cognito::UserPool", "AWS::StepFunctions::StateMachine", "Custom::Thing"),
]
SIMPLE = {
    "string": st.text(max_size=6),
    "integer": st.integers(-9, 99),
    "number": st.integers(0, 9),
    "boolean": st.booleans(),
}
NAMES = ("A", "B", "C", "D", "E")
FUNCTIONS = st.one_of(
    st.sampled_from(NAMES).map(lambda name: {"Ref": name}),
    st.sampled_from(NAMES).map(lambda name: {"Fn::GetAtt": [name, "Arn"]}),
    st.sampled_from(NAMES).map(lambda name: {"Fn::Sub": f"x-${{{name}.Arn}}-${{AWS::Region}}"}),
    st.sampled_from(("P", "Q")).map(lambda name: {"Fn::If": ["C1", {"Ref": name}, {"Ref": "AWS::NoValue"}]}),
)


def valid(schema: ResourceSchema, part: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that a part of a schema allows, by type: enough to meet every path of the diff."""
    if "$ref" in part:
        part = schema.raw.get("definitions", {}).get(part["$ref"].rpartition("/")[2], {})
    if "enum" in part:
        return st.sampled_from(part["enum"])
    kind = part.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind in SIMPLE:
        return st.one_of(SIMPLE[kind], FUNCTIONS)
    if depth > 2:
        return st.just({} if kind == "object" else [])
    if kind == "array":
        return st.lists(valid(schema, part.get("items", {}), depth + 1), max_size=2)
    chosen = sorted(part.get("properties", {}))[:12]
    return st.fixed_dictionaries(
        {}, optional={name: valid(schema, part["properties"][name], depth + 1) for name in chosen}
    )


@st.composite
def resources(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(TYPES))
    resource: dict[str, Any] = {"Type": kind, "Properties": {}}
    schema = schema_of(kind)
    if schema is not None:
        writable = sorted(schema.properties - {path[0] for path in schema.read_only})
        for name in draw(st.lists(st.sampled_from(writable), max_size=4, unique=True)):
            resource["Properties"][name] = draw(valid(schema, schema.raw["properties"][name]))
    for name in ("DeletionPolicy", "UpdateReplacePolicy"):
        if policy := draw(st.sampled_from([None, "Retain", "Delete"])):
            resource[name] = policy
    if draw(st.booleans()):
        resource["Condition"] = "C1"
    return resource


@st.composite
def templates(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "Parameters": {"P": {"Type": "String", "Default": draw(st.sampled_from("ab"))}, "Q": {"Type": "String"}},
        "Conditions": {"C1": {"Fn::Equals": [{"Ref": draw(st.sampled_from("PQ"))}, "b"]}},
        "Resources": {name: draw(resources()) for name in draw(st.sets(st.sampled_from(NAMES), max_size=4))},
        "Outputs": {"O": {"Value": {"Ref": "A"}, "Export": {"Name": "o"}}},
    }


def diff(old: dict[str, Any], new: dict[str, Any]) -> StackDiff:
    return compare(Template("t.json", old), Template("t.json", new))


@settings(max_examples=60, deadline=None)
@given(templates())
def test_a_template_and_itself_differ_in_nothing(template: dict[str, Any]) -> None:
    """Also where the text is another: keys in another order, and a value more that forces the long way."""
    other = json.loads(json.dumps(template, sort_keys=True))
    other["Description"] = "the same"
    found = diff(template, other)
    assert {each.verdict for each in found.changes} <= {Verdict.NO_OP}
    assert (found.broadened, found.exports) == ((), ())


@settings(max_examples=150, deadline=None)
@given(templates(), templates())
def test_edits_that_the_schemas_allow_never_crash(old: dict[str, Any], new: dict[str, Any]) -> None:
    found = diff(old, new)
    assert {each.logical_id for each in found.changes} <= set(old["Resources"]) | set(new["Resources"])
    assert findings_of([found]) == findings_of([diff(copy.deepcopy(old), copy.deepcopy(new))])


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_an_optional_property_that_is_not_fixed_never_replaces(data: st.DataObject) -> None:
    kinds = [
        name for name in TYPES if name.startswith("AWS::") and name != "AWS::Lambda::Permission"
    ]  # all of it is fixed
    kind = data.draw(st.sampled_from(kinds))
    schema = schema_of(kind)
    assert schema is not None
    fixed = {each.path[0] for each in fixed_paths(kind)} | {path[0] for path in schema.read_only}
    free = sorted(schema.properties - fixed)
    name = data.draw(st.sampled_from(free))
    value = data.draw(valid(schema, schema.raw["properties"][name]))
    old = {"Resources": {"A": {"Type": kind, "Properties": {}}}}
    new = {"Resources": {"A": {"Type": kind, "Properties": {name: value}}}}
    assert diff(old, new)["A"].verdict in (Verdict.UPDATE, Verdict.NO_OP)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Ref",
                    "Fn::Sub",
                    "Fn::If",
                    "Fn::Join",
                    "Fn::GetAtt",
                    "Fn::FindInMap",
                    "Fn::Select",
                    "Statement",
                    "Effect",
                    "a",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(JSON, JSON, st.sampled_from(TYPES))
def test_nonsense_where_values_are_expected_never_crashes(one: Any, other: Any, kind: str) -> None:
    """Conditions, mappings, policies, names: whatever stands there, the diff ends with an answer."""

    def made(value: Any) -> dict[str, Any]:
        return {
            "Conditions": {"C": value},
            "Mappings": {"M": {"a": {"b": value}}},
            "Resources": {
                "A": {"Type": kind, "Properties": {"PolicyDocument": value, "QueueName": value}, "Condition": "C"},
                "B": {"Type": "AWS::IAM::Role", "Properties": {"Policies": value, "AssumeRolePolicyDocument": value}},
                "G": {
                    "Type": "AWS::EC2::SecurityGroup",
                    "Properties": {"SecurityGroupIngress": value},
                    "UpdatePolicy": value,
                },
                "L": {"Type": "AWS::Lambda::Permission", "Properties": {"Principal": value}, "DeletionPolicy": value},
            },
            "Outputs": {"O": {"Value": value, "Export": {"Name": value}}},
        }

    findings_of([diff(made(one), made(other))])


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    said = "t.yaml"
    try:
        parse(text, "t.yaml")
    except TemplateError as error:
        said = str(error)
    assert said.startswith("t.yaml")
