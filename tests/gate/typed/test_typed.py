"""The second reading: what comes back, what does not, and who says what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from refarch.cli import main
from refarch.gate.findings import Finding, Severity
from refarch.gate.typed import Voice, all_voices, read
from refarch.gate.typed.rebuild import differences
from refarch.gate.typed.shapes import OPEN, Shape

BASE = Path(__file__).parents[1] / "policy" / "base.yaml"
ROOT = Path(__file__).parents[3]
DATABASE = ROOT / "node_modules" / "aws-cdk" / "db.json.gz"


def one(kind: str, properties: dict[str, Any], **options: Any) -> tuple[Finding, ...]:
    return read({"Resources": {"It": {"Type": kind, "Properties": properties}}}, **options)


def test_the_base_template_comes_back_as_it_was() -> None:
    found = read(yaml.safe_load(BASE.read_text()))
    assert [each.message for each in found if each.severity == Severity.ERROR] == []
    assert {each.rule for each in found} <= {"TYPED-DISAGREEMENT"}


def test_a_property_that_no_source_knows_is_an_error() -> None:
    (found,) = [each for each in one("AWS::SQS::Queue", {"Colour": "red"}) if each.rule == "TYPED-PROPERTY"]
    assert (found.severity, found.path) == (Severity.ERROR, "Properties.Colour")


def test_a_missing_property_that_all_require_is_an_error() -> None:
    found = one("AWS::SNS::Subscription", {"Endpoint": "x"})
    assert "TopicArn: missing" in " ".join(each.message for each in found)


def test_values_that_the_class_refuses_are_told_in_its_words() -> None:
    (found,) = [each for each in one("AWS::Lambda::Function", {"MemorySize": 1}) if each.rule == "TYPED-REFUSED"]
    assert "troposphere" in found.message


def test_an_unknown_type_is_listed_by_name_with_all_voices() -> None:
    found = [each for each in one("AWS::Nothing::Here", {}) if each.rule == "TYPED-UNKNOWN-TYPE"]
    assert "AWS::Nothing::Here: troposphere: unknown; cfn-lint schema: unknown" in found[0].message


def test_a_disagreement_has_every_voice() -> None:
    voices = [Voice("one", lambda _: Shape({"A": lambda: OPEN})), Voice("two", lambda _: Shape({}))]
    voices.append(Voice("three", lambda _: OPEN))
    (found,) = one("AWS::Any::Type", {"A": 1}, voices=voices)
    assert found.message == "A: one: known; two: not known; three: no opinion"


@pytest.mark.skipif(not DATABASE.is_file(), reason="the CDK's command line is not installed")
def test_the_cdk_is_the_third_voice() -> None:
    names = [voice.name for voice in all_voices(DATABASE)]
    assert names == ["troposphere", "cfn-lint schema", "CDK database"]
    for voice in all_voices(DATABASE):
        shape = voice.shape("AWS::Lambda::Function")
        assert shape is not None
        assert shape.knows("Code") is True
        assert shape.requires("Role") is True
        assert shape.below("VpcConfig").knows("SubnetIds") is True
        assert shape.knows("Arn") is False


def test_custom_resources_are_nobodys() -> None:
    assert one("Custom::Thing", {"Anything": 1}) == ()


def test_differences_know_that_a_number_may_be_a_text() -> None:
    assert list(differences({"A": 1, "B": "true"}, {"A": "1", "B": True})) == []
    assert list(differences({"A": {"B": 1}}, {"A": {"B": 2}})) == [("A.B", "was 1 and came back as 2")]
    assert list(differences({"A": 1}, {})) == [("A", "did not come back")]


@pytest.mark.parametrize("value", [None, [], {}, "x", 7, [[]], [None], {"a": {"b": []}}, {"Fn::GetAtt": 3}])
def test_values_of_any_form_are_read(value: Any) -> None:
    one("AWS::Lambda::Function", {"Code": value, "Layers": value, "VpcConfig": value, "Tags": value, "Timeout": value})


def test_the_command(tmp_path: Path) -> None:
    path = tmp_path / "a.template.json"
    path.write_text(json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"Colour": 1}}}}))
    result = CliRunner().invoke(main, ["gate", "typed", str(path), "--acknowledgements", str(tmp_path / "none.toml")])
    assert result.exit_code == 1
    assert "TYPED-PROPERTY" in result.output


def test_a_property_called_as_an_attribute_comes_back() -> None:
    properties = {"Type": "MANAGED", "UpdatePolicy": {"JobExecutionTimeoutMinutes": 60}}
    content = {"Resources": {"Environment": {"Type": "AWS::Batch::ComputeEnvironment", "Properties": properties}}}
    assert "TYPED-DIFFERENCE" not in {each.rule for each in read(content)}
