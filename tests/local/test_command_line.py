"""`refarch local …` as a person types it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from refarch.cli import COMMANDS
from refarch.cli.lazy import LazyGroup

HEAVY = ("aws_cdk", "jsii", "boto3", "rich", "ministack", "refarch.local")


def refarch(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "refarch.cli", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("module", ["refarch.cli", "refarch.local"])
def test_the_doors_load_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules and name != {module!r}])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_help_lists_every_command_without_importing_one(tmp_path: Path) -> None:
    shown = refarch("--help", cwd=tmp_path)
    assert shown.returncode == 0
    for name, command in COMMANDS.items():
        assert name in shown.stdout
        assert command.help in shown.stdout


def test_an_unknown_command_is_an_error_not_a_traceback(tmp_path: Path) -> None:
    shown = refarch("locale", cwd=tmp_path)
    assert shown.returncode == 2
    assert "No such command 'locale'" in shown.stderr


def test_a_lazy_group_also_holds_commands_of_its_own() -> None:
    group = LazyGroup("g", lazy={})
    group.add_command(click.Command("own", help="Its own."))
    assert group.list_commands(click.Context(group)) == ["own"]


def test_the_life_of_a_cloud_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").touch()
    inner = tmp_path / "inner"
    inner.mkdir()
    assert refarch("local", "status", cwd=inner).stdout == "stopped\n"
    assert "no local cloud is running" in refarch("local", "env", cwd=inner).stderr
    try:
        assert "started: http://127.0.0.1:" in refarch("local", "start", cwd=inner).stdout
        again = refarch("local", "start", cwd=tmp_path)
        assert (again.returncode, "already running" in again.stdout) == (0, True)
        assert refarch("local", "status", cwd=tmp_path).returncode == 0
        assert "export AWS_ENDPOINT_URL=http://127.0.0.1:" in refarch("local", "env", cwd=tmp_path).stdout
    finally:
        assert refarch("local", "stop", cwd=tmp_path).stdout == "local cloud stopped\n"


def test_run_passes_the_exit_code_and_stops_what_it_started(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").touch()
    code = "import boto3, sys; print(boto3.client('sqs').create_queue(QueueName='q')['QueueUrl']); sys.exit(7)"
    shown = refarch("local", "run", "--", "python", "-c", code, cwd=tmp_path)
    assert (shown.returncode, shown.stdout.startswith("http://127.0.0.1:")) == (7, True), shown.stderr
    assert refarch("local", "status", cwd=tmp_path).returncode == 1
    assert "no command 'no-such-program'" in refarch("local", "run", "--", "no-such-program", cwd=tmp_path).stderr
