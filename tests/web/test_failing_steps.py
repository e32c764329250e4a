"""Every step that fails: CloudFormation hears of it at once, with the step's name, and the log with the reason."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehearsals.lamp_host import LampHost

ROOT = Path(__file__).parents[2]
Host = Callable[[], LampHost]
SPY = """#!{python}
import json, os, sys
with open({calls!r}, "a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
os.execv({aws!r}, [{aws!r}, *sys.argv[1:]])
"""
MACHINE = {"stack": "Lamp", "resource": "Server", "instance_id": "i-0123456789abcdef0", "log_group": "lamp"}


class Start:
    """One start of an instance, as its user data makes it; with an ear on the AWS command line."""

    def __init__(self, host: LampHost, folder: Path) -> None:
        self.host, self.calls = host, folder / "calls"
        folder.mkdir()
        spy = folder / "aws"
        spy.write_text(SPY.format(python=sys.executable, calls=str(self.calls), aws=shutil.which("aws")))
        spy.chmod(spy.stat().st_mode | stat.S_IXUSR)
        path = os.pathsep.join([str(folder), os.environ["PATH"]])
        self.environment = {**os.environ, **host.cloud.environment, "PATH": path, "PYTHONPATH": f"{ROOT}/constructs"}
        self.file = folder / "settings.json"

    def run(self, site: dict[str, Any] | None = None, verb: str = "up", **changed: Any) -> str:
        """What it printed, as one text."""
        given = {**(site or dataclasses.asdict(self.host.settings)), **changed}
        self.file.write_text(json.dumps({"site": given, "machine": MACHINE}))
        command = [sys.executable, "-m", "refarch.web.lamp_setup", verb, str(self.file)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        return done.stdout + done.stderr

    def signals(self) -> list[tuple[str, str]]:
        """(status, unique id) of each signal."""
        calls = [json.loads(line) for line in self.calls.read_text().splitlines()]
        sent = [call for call in calls if call[:2] == ["cloudformation", "signal-resource"]]
        return [(call[call.index("--status") + 1], call[call.index("--unique-id") + 1]) for call in sent]


@pytest.fixture
def start(fresh_host: Host, tmp_path: Path) -> Start:
    host = fresh_host()
    client = host.cloud.client("logs")
    if not client.describe_log_groups(logGroupNamePrefix="lamp")["logGroups"]:
        client.create_log_group(logGroupName="lamp")
    return Start(host, tmp_path / "spy")


BROKEN: dict[str, tuple[dict[str, Any], str, str]] = {
    "checksum": ({"wordpress_sha256": "0" * 64}, "WordPress files", "expected 0000"),
    "no such file": ({"wp_cli_url": "file:///nowhere/wp-cli.phar"}, "WP-CLI", "cannot be fetched"),
    "no such secret": ({"database_secret": "lamp/nothing"}, "read the secrets", "ResourceNotFoundException"),
    "secret of another shape": ({"admin_secret": "lamp/database"}, "read the secrets", "has no username"),
    "unusable origin secret": ({"origin_secret": "lamp/admin"}, "web server", "letters and digits"),
    "database elsewhere is down": ({"database_host": "127.0.0.1:1"}, "WordPress installation", "ended with"),
    "bad settings": ({"listen": "http", "memory_mib": 1}, "read the settings", "listen is 'http'"),
}


@pytest.mark.rehearsal
@pytest.mark.parametrize(("changed", "step", "reason"), BROKEN.values(), ids=list(BROKEN))
def test_a_step_that_fails_is_signalled(start: Start, changed: dict[str, Any], step: str, reason: str) -> None:
    said = start.run(**changed)
    assert f"FAILED {step}: " in said
    assert reason in said
    assert start.signals() == [("FAILURE", f"{MACHINE['instance_id']} {step}")]
    events = start.host.cloud.client("logs").filter_log_events(logGroupName="lamp")["events"]
    assert any(f"FAILURE {step}: " in event["message"] and reason in event["message"] for event in events)


@pytest.mark.rehearsal
def test_a_database_that_cannot_start_is_signalled_with_its_own_words(start: Start) -> None:
    folder = start.host.settings.database_folder
    (folder / "mysql").mkdir(parents=True)  # taken for a database that is there, and is none
    said = start.run()
    assert "FAILED database: MariaDB does not answer" in said or "FAILED start mariadb" in said
    assert [status for status, _ in start.signals()] == ["FAILURE"]


@pytest.mark.rehearsal
def test_success_is_signalled_once_and_the_hourly_run_signals_nothing(start: Start) -> None:
    said = start.run()
    assert "\ndone" in said, said
    assert start.signals() == [("SUCCESS", MACHINE["instance_id"])]
    assert start.run(verb="configure") == "done\n"
    assert len(start.signals()) == 1
    assert "FAILED read the secrets" in start.run(verb="configure", admin_secret="lamp/gone")
    assert len(start.signals()) == 1


def test_all_that_is_wrong_with_the_settings_is_said_at_once(start: Start) -> None:
    said = start.run({"site_url": "x", "colour": "red", "admin_email": "a@b", "database_secret": "d"}, verb="configure")
    for part in ("colour: no such setting", "admin_secret is missing", "wordpress_url is missing"):
        assert part in said
