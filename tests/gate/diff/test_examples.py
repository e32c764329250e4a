"""What the pages, the hook and the CI examples tell people to type is understood."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from refarch.cli.gate_all import all_command
from refarch.cli.gate_diff import diff

ROOT = Path(__file__).resolve().parents[3]
PAGES = ("README.md", "docs/gate/all.md", "docs/gate/diff.md", "CONTRIBUTING.md")
PLACES = [*(ROOT / page for page in PAGES), *sorted((ROOT / "docs/gate/ci").glob("*.yml"))]
HOOK = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())[0]


def commands(path: Path) -> list[str]:
    text = path.read_text().replace("\\\n", " ")
    found = re.findall(r"^[-$ ]*(?:[^|\n]*\| )?(refarch gate (?:diff|all) [^\n]*)", text, re.MULTILINE)
    return [re.split(r" \|\| |  #", line)[0] for line in found]


@pytest.mark.parametrize("path", PLACES, ids=lambda path: path.name)
def test_every_command_is_understood(path: Path) -> None:
    lines = commands(path)
    assert lines
    for line in lines:
        _, _, name, *rest = shlex.split(line)
        {"diff": diff, "all": all_command}[name].make_context(name, rest)


def test_the_hook_compares_what_is_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Called as pre-commit calls it: with the names of the changed files, some new, some of the same name."""
    monkeypatch.chdir(tmp_path)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    names = ["a/s.template.json", "b/s.template.json"]
    for name in names:
        write(tmp_path / name, "one")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)
    names.append("c/s.template.json")
    write(tmp_path / names[2], "new")
    assert re.search(HOOK["files"], names[0])
    arguments = shlex.split(HOOK["entry"])[3:]
    assert CliRunner().invoke(diff, [*arguments, *names]).exit_code == 0
    write(tmp_path / names[1], "two")
    result = CliRunner().invoke(diff, [*arguments, *names, "--format", "json"])
    assert result.exit_code == 1
    failing = [each["template"] for each in json.loads(result.stdout)["findings"] if each["state"] == "failing"]
    assert failing == ["b/s.template.json"]


def test_the_plugin_is_an_entry_point_of_its_own_name() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert '"refarch.gate.pytest_plugin" = "refarch.gate.pytest_plugin"' in text


def test_the_command_loads_no_cdk_and_no_cfn_lint(tmp_path: Path) -> None:
    write(tmp_path / "a.json", "one")
    code = (
        "import sys, atexit\n"
        "heavy = ('jsii', 'aws_cdk', 'cfnlint', 'boto3', 'yaml')\n"
        "atexit.register(lambda: print([name for name in heavy if name in sys.modules]))\n"
        "from refarch.cli import main\n"
        "main(['gate', 'diff', 'a.json', 'a.json'])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert result.stdout.splitlines()[-1] == "[]", result.stdout + result.stderr


def write(path: Path, name: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}
    path.write_text(json.dumps({"Resources": {"Q": queue}}))
