"""What `refarch.fast` offers to any app: proved on an app of a stranger, in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from refarch.fast import UnknownStackError, asked_for, selected

NAMES = ["Network", "Web", "WebJobs", "Mail"]
APP = """
import sys
from refarch import fast
fast.start()
assert "jsii" not in sys.modules
app = fast.app()
stacks = {"One": "a_stack:AStack", "Two": "b_stack:BStack", "Three": "c_stack:CStack"}
fast.build(app, stacks, together=[("One", "Two")])
app.synth()
import gc
print(gc.isenabled(), sorted(name for name in sys.modules if name.endswith("_stack")))
"""
STACK = """
import aws_cdk as cdk
from aws_cdk import aws_sns as sns

class {letter}Stack(cdk.Stack):
    def __init__(self, scope, id):
        super().__init__(scope, id)
        sns.Topic(self, "Topic")
"""


@pytest.mark.parametrize(
    ("patterns", "built"),
    [
        ([], NAMES),
        (["**"], NAMES),
        (["Nope"], NAMES),
        (["Mail"], ["Mail"]),
        (["Web*"], ["Network", "Web", "WebJobs"]),
        (["Network"], ["Network", "Web"]),
    ],
)
def test_stacks_that_reference_one_another_are_built_together(patterns: list[str], built: list[str]) -> None:
    assert selected(patterns, NAMES, [("Network", "Web")]) == built


def test_groups_that_share_a_stack_are_one_group() -> None:
    assert selected(["Mail"], NAMES, [("Network", "Web"), ("Web", "Mail")]) == ["Network", "Web", "Mail"]


def test_a_name_that_is_none_is_said_with_the_nearest() -> None:
    with pytest.raises(UnknownStackError, match="-c only=Wep: no such stack; did you mean 'Web'"):
        asked_for({"only": "Wep"}, NAMES)


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    for letter in "ABC":
        (tmp_path / f"{letter.lower()}_stack.py").write_text(STACK.format(letter=letter))
    return tmp_path


def run(folder: Path, outdir: str, **context: Any) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "CDK_"))}
    environment |= {"CDK_CONTEXT_JSON": json.dumps(context), "CDK_OUTDIR": str(folder / outdir)}
    command = [sys.executable, "app.py"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def test_an_app_of_a_stranger(stranger: Path) -> None:
    """Only what was asked for is imported; what is built alone is what is built with the rest; no byte is random."""
    one = run(stranger, "one", **{"aws:cdk:bundling-stacks": ["Three"]})
    assert one.stdout.splitlines() == ["False ['c_stack']"], one.stderr
    everything = [run(stranger, outdir, **{"aws:cdk:bundling-stacks": ["**"]}) for outdir in ("first", "second")]
    assert [each.stdout.splitlines() for each in everything] == [["False ['a_stack', 'b_stack', 'c_stack']"]] * 2
    assert contents(stranger / "first") == contents(stranger / "second")
    own = {name: text for name, text in contents(stranger / "one").items() if name.startswith("Three.")}
    assert {"Three.template.json", "Three.assets.json", "Three.metadata.json"} <= set(own)
    assert own.items() <= contents(stranger / "first").items()
    assert not (stranger / "first" / "validation-report.json").exists()


@pytest.mark.parametrize(("given", "asked"), [("true", True), ("True", True), ("false", False), (None, False)])
def test_templates_are_checked_when_the_command_line_asks(
    monkeypatch: pytest.MonkeyPatch, given: str | None, asked: bool
) -> None:
    from refarch.fast.make import validation_asked_for

    monkeypatch.setenv("CDK_CONTEXT_JSON", json.dumps({"validate": given} if given else {}))
    assert validation_asked_for() is asked
