"""`refarch gate diff` and its reports: exit codes, forms, acknowledgements, folders and revisions."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from refarch.cli.gate import gate
from refarch.gate.acknowledgements import Acknowledgement, AcknowledgementError, apply, load
from refarch.gate.findings import Finding, Severity

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "a"}}
RENAMED = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "b"}}
SLOWER = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "a", "DelaySeconds": 5}}
OPEN = {
    "Type": "AWS::EC2::SecurityGroupIngress",
    "Properties": {"GroupId": "g", "IpProtocol": "-1", "CidrIp": "0.0.0.0/0"},
}
ACCEPTED = """
[[acknowledge]]
rule = "diff-data-loss"
resource = "Q"
reason = "a cache: its messages are made again in a minute"
owner = "team-a"
expires = 2999-01-01
"""


def write(path: Path, **resources: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"Resources": resources}))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(gate, ["diff", *map(str, arguments)])


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("new", "policy", "code"),
    [
        ({"Q": QUEUE}, ["any"], 0),
        ({"Q": SLOWER}, ["replace", "broadening"], 0),
        ({"Q": SLOWER}, ["any"], 1),
        ({"Q": RENAMED}, ["data-loss"], 1),
        ({"Q": RENAMED}, ["replace"], 1),
        ({"Q": RENAMED}, ["broadening"], 0),
        ({"Q": RENAMED}, ["never"], 0),
        ({"Q": QUEUE, "I": OPEN}, ["data-loss"], 0),
        ({"Q": QUEUE, "I": OPEN}, ["data-loss", "broadening"], 1),
        ({"Q": {**QUEUE, "Type": "AWS::SNS::Topic"}}, ["broadening"], 1),
        ({}, ["data-loss"], 1),
    ],
)
def test_the_exit_code_is_the_policys(new: dict[str, Any], policy: list[str], code: int, tmp_path: Path) -> None:
    old = write(tmp_path / "old.json", Q=QUEUE)
    options = [part for each in policy for part in ("--fail-on", each)]
    result = run(old, write(tmp_path / "new.json", **new), *options)
    assert result.exit_code == code, result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["old.json"], "OLD and NEW are needed"),
        (["old.json", "missing.json"], "missing.json: no such file or folder"),
        (["old.json", "."], "no YAML"),
        (["--git", "nope", "old.json"], "git rev-parse"),
        (["old.json", "old.json", "--parameter", "x"], "NAME=VALUE is needed"),
    ],
)
def test_bad_input_is_told_and_exits_with_2(arguments: list[str], message: str, tmp_path: Path) -> None:
    write(tmp_path / "old.json", Q=QUEUE)
    (tmp_path / "bad.yaml").write_text("Resources: [")
    result = run(*arguments)
    assert (result.exit_code, message in result.output) == (2, True), result.output


def test_the_table_names_what_why_and_the_verdict(tmp_path: Path) -> None:
    result = run(write(tmp_path / "old.json", Q=QUEUE), write(tmp_path / "new.json", Q=RENAMED))
    assert "FAIL" in result.output
    assert "replace with loss of data" in result.output
    assert result.output.endswith("1 replace with loss of data. FAILED: 1 finding(s)\n")


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    odd = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "<b>|\x01\n@all]]>"}}
    return write(tmp_path / "old.json", Q=QUEUE, R=QUEUE, S=QUEUE), write(
        tmp_path / "new.json", Q=RENAMED, R=odd, S=SLOWER
    )


def test_json_has_every_resource_and_the_state_of_findings(pair: tuple[Path, Path]) -> None:
    Path("refarch-gate.toml").write_text(ACCEPTED)
    content = json.loads(run(*pair, "--format", "json").stdout)
    states = {(each["resource"], each["rule"]): each["state"] for each in content["findings"]}
    assert states[("Q", "diff-data-loss")] == "acknowledged"
    assert states[("R", "diff-data-loss")] == "failing"
    assert states[("S", "diff-update")] == "open"
    verdicts = {each["logicalId"]: each["verdict"] for each in content["stacks"][0]["resources"]}
    assert verdicts == {"Q": "data-loss-replace", "R": "data-loss-replace", "S": "update"}


def test_sarif_has_rules_levels_and_suppressions(pair: tuple[Path, Path]) -> None:
    Path("refarch-gate.toml").write_text(ACCEPTED)
    [run_of] = json.loads(run(*pair, "--format", "sarif").stdout)["runs"]
    rules = [rule["id"] for rule in run_of["tool"]["driver"]["rules"]]
    for result in run_of["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
    suppressed = [each for each in run_of["results"] if "suppressions" in each]
    assert ["made again" in each["suppressions"][0]["justification"] for each in suppressed] == [True]


def test_junit_is_xml_whatever_a_template_says(pair: tuple[Path, Path]) -> None:
    [suite] = ElementTree.fromstring(run(*pair, "--format", "junit").stdout)
    assert suite.get("failures") == "2"
    assert len(suite.findall("testcase/failure")) == 2


def test_markdown_lets_no_text_become_markup(tmp_path: Path) -> None:
    old = write(tmp_path / "old.json", **{"a|<img>@x`": QUEUE})
    result = run(old, write(tmp_path / "new.json", **{"a|<img>@x`": RENAMED}), "--format", "markdown")
    row = next(line for line in result.output.splitlines() if "diff-data-loss" in line)
    assert "`a <img>@x `" in row
    assert row.count(" | ") == 3


def test_output_goes_to_a_file_and_the_summary_to_the_screen(pair: tuple[Path, Path]) -> None:
    result = run(*pair, "--format", "sarif", "--output", "out.sarif")
    assert json.loads(Path("out.sarif").read_text())["version"] == "2.1.0"
    assert "FAILED" in result.output


def test_a_folder_is_compared_stack_by_stack(tmp_path: Path) -> None:
    write(tmp_path / "a/One.template.json", Q=QUEUE)
    write(tmp_path / "a/Gone.template.json", Q=QUEUE)
    write(tmp_path / "b/One.template.json", Q=RENAMED)
    write(tmp_path / "b/assembly-Stage/New.template.json", Q=QUEUE)
    write(tmp_path / "b/manifest.json", Q=QUEUE)
    content = json.loads(run("a", "b", "--format", "json").stdout)
    assert {each["template"]: each["verdict"] for each in content["stacks"]} == {
        "Gone.template.json": "no-op",
        "One.template.json": "data-loss-replace",
        "assembly-Stage/New.template.json": "add",
    }
    assert "diff-stack-removed" in {each["rule"] for each in content["findings"]}


def test_an_import_in_another_stack_makes_a_removed_export_fail(tmp_path: Path) -> None:
    exporting = {"Resources": {"Q": QUEUE}, "Outputs": {"O": {"Value": {"Ref": "Q"}, "Export": {"Name": "q"}}}}
    for folder, content in (("a", exporting), ("b", {"Resources": {"Q": QUEUE}})):
        write(
            tmp_path / folder / "User.template.json",
            T={"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::ImportValue": "q"}}},
        )
        (tmp_path / folder / "Owner.template.json").write_text(json.dumps(content))
    result = run("a", "b", "--fail-on", "replace")
    assert result.exit_code == 1
    assert "User.template.json" in result.output


def git(*arguments: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments], check=True, capture_output=True)


def test_a_revision_is_compared_with_the_working_tree(tmp_path: Path) -> None:
    git("init", "-q")
    write(tmp_path / "contracts/One.template.json", Q=QUEUE)
    git("add", ".")
    git("commit", "-qm", "one")
    write(tmp_path / "contracts/One.template.json", Q=RENAMED)
    write(tmp_path / "contracts/Two.template.json", Q=QUEUE)
    assert run("--git", "HEAD", "contracts", "--fail-on", "data-loss").exit_code == 1
    assert run("--git", "HEAD", "contracts/Two.template.json").exit_code == 0
    git("add", ".")
    git("commit", "-qm", "two")
    assert run("--git", "HEAD", "contracts").exit_code == 0
    assert run("--git", "HEAD~1..HEAD", "contracts/One.template.json").exit_code == 1
    assert run("--git", "--output=x", "contracts").exit_code == 2
    assert not Path("x").exists()


def finding(rule: str = "diff-replace", resource: str = "Q") -> Finding:
    return Finding(rule=rule, severity=Severity.WARNING, message="m", resource=resource, template="t.json")


def accepted(**changes: Any) -> Acknowledgement:
    usual = {"rule": "diff-*", "resource": "Q", "reason": "r" * 30, "owner": "o", "expires": date(2026, 6, 1)}
    return Acknowledgement(**{**usual, **changes})


@pytest.mark.parametrize(
    ("by", "open_ones", "about"),
    [
        (accepted(), 0, []),
        (accepted(resource="X*"), 1, ["acknowledgement-unused"]),
        (accepted(template="other.json"), 1, ["acknowledgement-unused"]),
        (accepted(expires=date(2026, 5, 1)), 1, ["acknowledgement-expired"]),
        (accepted(rule="iam-wildcard"), 1, []),  # for another check to report
    ],
)
def test_acknowledgements_are_met_unused_or_expired(by: Acknowledgement, open_ones: int, about: list[str]) -> None:
    outcome = apply([finding()], [by], today=date(2026, 6, 1), rules=["diff-replace", "diff-add"])
    assert (len(outcome.open), [each.rule for each in outcome.about_the_list]) == (open_ones, about)


def test_every_problem_of_the_list_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "refarch-gate.toml"
    path.write_text('[[acknowledge]]\nrule = ""\nreason = "short"\nexpires = "soon"\nfoo = 1\n[other]\n')
    with pytest.raises(AcknowledgementError) as refused:
        load(path)
    for part in (
        "resource is missing",
        "owner is missing",
        "too short",
        "a date without quotes",
        "'foo'",
        "'other'",
        "rule is ''",
    ):
        assert part in str(refused.value)


def test_a_list_that_cannot_be_used_exits_with_2(pair: tuple[Path, Path]) -> None:
    Path("refarch-gate.toml").write_text("[[acknowledge]]\nrule = 1")
    assert run(*pair).exit_code == 2


def test_a_parameter_can_be_fixed(tmp_path: Path) -> None:
    for name, queue in (("old", "a"), ("new", "b")):
        content = {
            "Parameters": {"Env": {"Type": "String", "Default": "dev"}},
            "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Env"}, "prod"]}},
            "Resources": {"Q": {"Type": "AWS::SQS::Queue", "Condition": "Prod", "Properties": {"QueueName": queue}}},
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    assert "Env is 'prod'" in run("old.json", "new.json").output.replace("\n", " ")
    assert run("old.json", "new.json", "--parameter", "Env=dev").exit_code == 0
