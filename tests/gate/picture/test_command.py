"""`refarch gate picture`, and templates that nobody here wrote."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from refarch.cli.gate_picture import picture_command
from refarch.gate.cost import card
from refarch.gate.picture import draw
from refarch.gate.templates import load

ROOT = Path(__file__).parents[3]
BOOTSTRAP = sorted((ROOT / "node_modules" / "aws-cdk" / "lib").rglob("bootstrap-template.y*ml"))
CONTENT = json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}, "R": {"Type": "AWS::IAM::Role"}}})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "cdk.out"
    made.mkdir()
    for name in ("One", "Two"):
        (made / f"{name}.template.json").write_text(CONTENT)
    return made


def test_one_picture_is_printed_and_what_is_not_drawn_is_said(folder: Path) -> None:
    result = CliRunner().invoke(picture_command, [str(folder / "One.template.json")])
    assert result.exit_code == 0
    assert ElementTree.fromstring(result.stdout).tag.endswith("svg")
    assert result.stderr == "Not drawn: IAM Role.\n"


def test_a_title_and_mermaid_into_a_file(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "one.mmd"
    arguments = [str(folder / "One.template.json"), "--format", "mermaid", "--output", str(path)]
    assert CliRunner().invoke(picture_command, arguments).exit_code == 0
    assert path.read_text().startswith('flowchart LR\n  %% Not drawn: IAM Role.\n  n0[["Q<br/>')
    titled = CliRunner().invoke(picture_command, [str(folder / "One.template.json"), "--title", "Orders & more"])
    assert "<title>Orders &amp; more</title>" in titled.stdout


def test_a_folder_gives_all_in_both_forms(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "pictures"
    result = CliRunner().invoke(picture_command, [str(folder), "--format", "both", "--output", str(out)])
    assert result.exit_code == 0
    assert sorted(each.name for each in out.iterdir()) == ["One.mmd", "One.svg", "Two.mmd", "Two.svg"]


def test_bad_input_ends_with_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "x.template.json").write_text('{"Resources": []}')
    result = CliRunner().invoke(picture_command, [str(tmp_path / "x.template.json")])
    assert (result.exit_code, "Resources is a list" in result.stderr) == (2, True)


@pytest.mark.skipif(not BOOTSTRAP, reason="the CDK's command line is not installed")
def test_the_bootstrap_stack_of_the_cdk() -> None:
    for template in load(BOOTSTRAP[0]).values():
        drawn = draw(template).diagram
        assert {each.type for each in drawn.nodes} == {"AWS::S3::Bucket"}
        made = card(template)
        assert {each.type for each in made.lines} >= {"AWS::S3::Bucket", "AWS::KMS::Key"}
        assert made.idle == 1.0  # the key, which is made under a condition
        assert any(each.startswith("Counted as if they were made") for each in made.notes)
