"""Our own stacks under the rules, and the command that checks templates of any origin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from refarch.cli import main
from refarch.gate.policy import check, rules_of
from refarch.gate.templates import load

BAD = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"SqsManagedSseEnabled": False}}}}


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["gate", "check", *map(str, arguments)])


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "bad.template.json"
    path.write_text(json.dumps(BAD))
    return path


def test_the_catalogue_has_no_finding_that_is_not_answered(catalogue: Path) -> None:
    result = run(catalogue)
    assert result.exit_code == 0, result.output
    assert "0 finding(s)" in result.output


def test_the_catalogue_passes_every_part_of_the_gate(catalogue: Path) -> None:
    """Acknowledgements without a reason would be findings of their own."""
    result = CliRunner().invoke(main, ["gate", "all", str(catalogue), "--no-cache", "--format", "json"])
    assert result.exit_code == 0, [each for each in json.loads(result.output)["findings"] if each["state"] == "failing"]
    reasons = [
        each["acknowledgement"]["reason"] for each in json.loads(result.output)["findings"] if "acknowledgement" in each
    ]
    assert reasons
    assert min(map(len, reasons)) >= 20


def test_what_was_answered_is_a_finding_without_the_answers(catalogue: Path) -> None:
    found = {each.rule for name, each_ in load(catalogue).items() for each in check(each_.content, name=name)}
    assert found >= {"SQS-VISIBILITY", "LAMBDA-LOG-GROUP"}


def test_a_finding_is_exit_code_1_and_names_rule_and_place(template: Path) -> None:
    result = run(template, "--format", "json")
    assert result.exit_code == 1
    assert "SQS-ENCRYPTION" in result.output
    assert "Queue" in result.output


@pytest.mark.parametrize("form", ["table", "sarif", "junit", "markdown"])
def test_every_form_of_report(template: Path, form: str) -> None:
    assert "SQS-ENCRYPTION" in run(template, "--format", form).output


def test_a_file_of_acknowledgements_counts(template: Path) -> None:
    lines = [
        f'[[acknowledge]]\nrule = "{rule}"\nresource = "Queue"\nreason = "a queue of the tests, never deployed"\n'
        'owner = "tests"\nexpires = 2199-01-01\n'
        for rule in sorted({each.rule for each in check(BAD)})
    ]
    template.with_name("refarch-gate.toml").write_text("\n".join(lines))
    result = run(template)
    assert result.exit_code == 0, result.output


def test_bad_input_is_exit_code_2_and_says_why(template: Path) -> None:
    assert run("/does/not/exist").exit_code == 2
    template.write_text("[" * 5_000)
    assert run(template).exit_code == 2


def test_the_document_lists_every_rule() -> None:
    text = Path(__file__).parents[3].joinpath("docs", "gate", "policy.md").read_text()
    assert [each.id for each in rules_of("regulated") if f"`{each.id}`" not in text] == []
