"""The services under systemd, whose units and calls are looked at, and as processes, which really run."""

from __future__ import annotations

import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from refarch.web.lamp_setup import services as module
from refarch.web.lamp_setup.failures import StepFailed
from refarch.web.lamp_setup.services import Processes, Service, Systemd, run_hourly
from rehearsals.account import eventually

WEB = Service("web", ["/usr/sbin/web", "--file", "a b"], reload="SIGUSR1", after="lamp-php.service")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """systemctl's arguments; what is asked for runs as soon as it was restarted once."""
    made: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        active = any("restart" in call for call in made)
        made.append(command[1:])
        code = 0 if command[1] != "is-active" or active else 3
        return subprocess.CompletedProcess(command, code, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    return made


def verbs(calls: list[list[str]]) -> list[str]:
    return [call[0] for call in calls if call[0] != "is-active"]


def test_a_unit_is_written_enabled_and_started_once(calls: list[list[str]], tmp_path: Path) -> None:
    systemd = Systemd("/srv/lamp", tmp_path)
    assert systemd.ensure(WEB, changed=True)
    assert verbs(calls) == ["daemon-reload", "enable", "restart"]
    calls.clear()
    calls.append(["restart"])
    assert not systemd.ensure(WEB, changed=False)
    assert verbs(calls) == ["restart"], "nothing but what was there before"


def test_a_changed_configuration_reloads_what_can_and_restarts_what_cannot(
    calls: list[list[str]], tmp_path: Path
) -> None:
    database = Service("database", ["/usr/sbin/database"])
    for service, verb in ((WEB, "reload"), (database, "restart")):
        systemd = Systemd("/srv/lamp", tmp_path)
        systemd.ensure(service, changed=True)
        del calls[:-1]
        calls.append(["restart"])
        assert systemd.ensure(service, changed=True)
        assert verbs(calls)[-1] == verb


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_understands_the_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr(module, "run", lambda *_, **__: "")
    plain = Service("plain", ["/bin/sleep", "1"])
    systemd = Systemd("/srv/lamp", tmp_path)
    monkeypatch.setattr(Systemd, "running", lambda *_: False)
    systemd.ensure(plain, changed=True)
    run_hourly(tmp_path / "settings.json", tmp_path)
    assert "Environment=AWS_DEFAULT_REGION=eu-west-1" in (tmp_path / "lamp-configure.service").read_text()
    units = sorted(map(str, tmp_path.glob("lamp-*")))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
    assert "lamp-" not in done.stderr, done.stderr


def test_a_process_is_started_once_reloaded_and_stopped(tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = f"trap 'echo again >> {told}' USR1; echo first >> {told}; while :; do sleep 0.05; done"
    service = Service("it", ["/bin/bash", "-c", script], reload="SIGUSR1", stop="SIGKILL")
    processes = Processes(tmp_path)
    try:
        assert processes.ensure(service, changed=False)
        assert not processes.ensure(service, changed=False)
        eventually(told.exists, within=20, what="the start")
        assert processes.ensure(service, changed=True)
        eventually(lambda: "again" in told.read_text(), within=20, what="the reload")
    finally:
        processes.stop(service)
    assert not processes.running(service)


def test_a_program_that_ends_at_once_is_quoted(tmp_path: Path) -> None:
    failing = Service("it", ["/bin/bash", "-c", "echo no such port; exit 3"])
    with pytest.raises(StepFailed, match=r"start it: it ended at once with 3: no such port"):
        Processes(tmp_path).ensure(failing, changed=False)
    with pytest.raises(StepFailed, match="is not installed"):
        Processes(tmp_path).ensure(Service("gone", ["/nowhere/it"]), changed=False)


def test_every_signal_that_a_service_names_exists() -> None:
    assert {WEB.reload, WEB.stop} <= {each.name for each in signal.Signals}
