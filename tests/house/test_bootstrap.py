"""bootstrap.py: what it runs and in which order, when it has nothing to do, and what it says when a step fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


class Machine:
    """Runs nothing; leaves behind what each command would leave, and keeps what it was asked for."""

    def __init__(self, place: bootstrap.Place, failing: str = "", said: list[str] | None = None) -> None:
        self.place, self.failing, self.said = place, failing, said or []
        self.commands: list[list[str]] = []
        self.environments: list[dict[str, str]] = []

    def __call__(self, command: list[str], env: dict[str, str], folder: Path) -> tuple[int, list[str]]:
        assert folder == self.place.root
        self.commands.append(command)
        self.environments.append(env)
        if self.failing and self.failing in command:
            return 3, self.said
        if "venv" in command:
            self.make_venv()
        elif "ci" in command:
            touch(self.place.cdk)
        return 0, []

    def make_venv(self) -> None:
        packages = self.place.venv / "lib" / f"python{VERSION}" / "site-packages"
        (packages / "pip").mkdir(parents=True, exist_ok=True)
        (self.place.venv / "pyvenv.cfg").write_text(f"home = /somewhere\nversion = {VERSION}.1\n")
        touch(self.place.python)
        touch(self.place.node)


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


@pytest.fixture
def place(tmp_path: Path) -> bootstrap.Place:
    root = tmp_path / "a check out"
    root.mkdir()
    for name in bootstrap.LOCKS:
        (root / name).write_text(f"content of {name}")
    return bootstrap.Place(root)


def set_up(place: bootstrap.Place, **failure: object) -> Machine:
    machine = Machine(place, **failure)  # type: ignore[arg-type]
    bootstrap.set_up(place, machine, lambda text: None)
    return machine


def test_the_steps_in_their_order(place: bootstrap.Place) -> None:
    machine = set_up(place)
    words = ["venv", "--require-hashes", "compileall", "-e", "ci", "import aws_cdk"]
    assert [word for word, command in zip(words, machine.commands, strict=True) if word in command] == words


def test_nothing_runs_when_nothing_changed(place: bootstrap.Place) -> None:
    set_up(place)
    said: list[str] = []
    machine = Machine(place)
    assert bootstrap.set_up(place, machine, said.append) is False
    assert machine.commands == []
    assert said == ["Everything is set up and unchanged. Next: make demo"]


@pytest.mark.parametrize("name", bootstrap.LOCKS)
def test_a_changed_lock_runs_all_again_in_the_same_venv(place: bootstrap.Place, name: str) -> None:
    set_up(place)
    (place.root / name).write_text("changed")
    commands = set_up(place).commands
    assert len(commands) == len(bootstrap.PLAN) - 1
    assert not any("venv" in command for command in commands)


@pytest.mark.parametrize("lost", ["cdk", "shim", "node", "python"])
def test_what_was_deleted_is_made_again(place: bootstrap.Place, lost: str) -> None:
    set_up(place)
    getattr(place, lost).unlink()
    assert not bootstrap.is_current(place)
    set_up(place)
    touch(place.node)
    assert bootstrap.is_current(place)


def test_a_moved_checkout_gets_a_new_venv(place: bootstrap.Place) -> None:
    set_up(place)
    moved = bootstrap.Place(place.root.rename(place.root.with_name("elsewhere")))
    assert any("venv" in command for command in set_up(moved).commands)


@pytest.mark.parametrize("version", ["3.10.13", "3.15.0", ""])
def test_a_venv_of_another_python_is_replaced(place: bootstrap.Place, version: str) -> None:
    set_up(place)
    (place.venv / "pyvenv.cfg").write_text(f"home = /somewhere\nversion = {version}\n")
    assert "--clear" in set_up(place).commands[0]


def test_a_venv_made_by_hand_is_kept(place: bootstrap.Place) -> None:
    Machine(place).make_venv()
    assert not any("venv" in command for command in set_up(place).commands)


def test_a_failure_says_which_step_why_and_what_to_do(place: bootstrap.Place) -> None:
    said = ["WARNING: Location 'x' is ignored", "ERROR: no matching distribution"]
    with pytest.raises(bootstrap.Stopped) as stopped:
        set_up(place, failing="--require-hashes", said=said)
    text = str(stopped.value)
    assert "step 2/6 Python packages" in text
    assert "exit code 3" in text
    assert "| ERROR: no matching distribution" in text
    assert "Location" not in text
    assert "pip config list" in text
    assert "run `python3 bootstrap.py` again" in text


def test_a_failed_run_is_not_taken_for_a_finished_one(place: bootstrap.Place) -> None:
    set_up(place)
    before = (place.root / "package-lock.json").read_text()
    (place.root / "package-lock.json").write_text("changed")
    with pytest.raises(bootstrap.Stopped, match="npm"):
        set_up(place, failing="ci")
    (place.root / "package-lock.json").write_text(before)
    assert not bootstrap.is_current(place)


def test_templates_that_do_not_compile_are_no_failure(place: bootstrap.Place) -> None:
    set_up(place, failing="compileall")
    assert bootstrap.is_current(place)


def test_children_keep_the_users_settings_but_not_the_harmful(
    place: bootstrap.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "the user's own")
    for name in bootstrap.HARMFUL:
        monkeypatch.setenv(name, "1")
    last = set_up(place).environments[-1]
    assert last["PIP_INDEX_URL"] == "the user's own"
    assert not set(bootstrap.HARMFUL) & set(last)
    assert last["JSII_NODE"] == str(place.node)
    assert last["PATH"].startswith(str(place.node.parent))


def test_the_cdk_command_runs_with_the_pinned_node(place: bootstrap.Place) -> None:
    set_up(place)
    place.node.write_text('#!/bin/sh\necho "$@" "node=$JSII_NODE" "bytecode=$PYTHONDONTWRITEBYTECODE"\n')
    place.node.chmod(0o755)
    command = [str(place.shim), "deploy", "two words"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert result.stdout == f"{place.cdk} deploy two words node={place.node} bytecode=\n"


@pytest.mark.parametrize(
    ("version", "ensurepip", "platform", "message"),
    [
        ((3, 10, 1), True, "linux", "this is Python 3.10; refarch needs 3.11 to 3.14"),
        ((3, 15, 0), True, "linux", "this is Python 3.15"),
        ((3, 12, 1), False, "linux", "sudo apt install python3.12-venv"),
        ((3, 12, 1), True, "win32", "use WSL"),
    ],
)
def test_a_python_that_cannot_do_it(version: tuple[int, ...], ensurepip: bool, platform: str, message: str) -> None:
    with pytest.raises(bootstrap.Stopped, match=message):
        bootstrap.check_python(version, ensurepip, platform)


def test_the_real_runner_keeps_output_and_exit_code(tmp_path: Path) -> None:
    code = "import sys; print('out'); print('error', file=sys.stderr); sys.exit(4)"
    exit_code, lines = bootstrap.run_command([sys.executable, "-c", code], {}, tmp_path)
    assert (exit_code, sorted(lines)) == (4, ["error", "out"])
