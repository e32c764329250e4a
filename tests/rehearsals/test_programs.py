"""Programs that rehearsals run for real: what is missing is named, installed where we may, and never started by us."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from rehearsals import programs


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine of its own: one group with two packages, of which one is there."""
    (tmp_path / "there").touch()
    packages = {"present": str(tmp_path / "there"), "absent": str(tmp_path / "absent")}
    monkeypatch.setattr(programs, "GROUPS", {"tools": packages})
    monkeypatch.setattr(programs, "LOCK", tmp_path / "lock")
    monkeypatch.setattr(programs, "POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(programs.shutil, "which", lambda name: f"/usr/bin/{name}")
    return tmp_path


def test_only_what_is_missing_is_named(machine: Path) -> None:
    assert programs.missing("tools") == programs.missing() == ["absent"]


def test_without_leave_to_install_the_error_has_the_command(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs.os, "geteuid", lambda: 1000)
    with pytest.raises(programs.ProgramsMissing, match=r"sudo apt-get install absent$"):
        programs.need("tools")


def test_root_installs_and_no_service_starts(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        assert "exit 101" in programs.POLICY.read_text()
        commands.append(command)
        (machine / "absent").touch()
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(programs.os, "geteuid", lambda: 0)
    monkeypatch.setattr(programs.subprocess, "run", run)
    programs.need("tools")
    assert [command[1] for command in commands] == ["update", "install"]
    assert commands[1][-1] == "absent"
    assert not programs.POLICY.exists()


def test_a_failing_installer_is_quoted(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 100, "", "E: no such package")
    monkeypatch.setattr(programs.os, "geteuid", lambda: 0)
    monkeypatch.setattr(programs.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(programs.ProgramsMissing, match="no such package"):
        programs.need("tools")
