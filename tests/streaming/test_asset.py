"""What an instance gets is enough: Debian's own Python, the staged files, and no package of this project installed."""

from __future__ import annotations

import configparser
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from refarch.streaming.asset import PACKAGES, UNIT, data_plane_files
from refarch.streaming.data_plane.roles import ROLES
from refarch.streaming.data_plane.settings import EdgeSettings, dump
from rehearsals.programs import GROUPS
from rehearsals.streaming_processes import SMALL, free_port, get, wait_for

DEBIAN_PYTHON = Path("/usr/bin/python3")


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    for name, path in data_plane_files().items():
        target = tmp_path / "opt" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return tmp_path / "opt"


def test_nothing_but_the_data_plane_is_staged(staged: Path) -> None:
    names = {path.relative_to(staged).as_posix() for path in staged.rglob("*") if path.is_file()}
    assert {UNIT, "refarch/streaming/data_plane/templates/edge.nginx.conf"} <= names
    assert not [name for name in names if "pycache" in name or "/load/" in name or name.endswith(".pyc")]


@pytest.mark.skipif(not DEBIAN_PYTHON.exists(), reason="needs the system's own Python")
def test_the_edge_runs_from_the_staged_files_alone(staged: Path, tmp_path: Path, programs: None) -> None:
    port = free_port()
    settings = EdgeSettings(
        primary="127.0.0.1:9",
        http_listen=f"127.0.0.1:{port}",
        workers="1",
        run=str(tmp_path / "run"),
        log=str(tmp_path / "log"),
        nginx_user=SMALL["nginx_user"],
    )
    (tmp_path / "edge.json").write_text(dump(settings))
    command = [str(DEBIAN_PYTHON), "-m", "refarch.streaming.data_plane", "edge", str(tmp_path / "edge.json")]
    # Isolated from this project: no environment of its own, another working directory.
    environment = {"PYTHONPATH": str(staged), "PATH": os.defpath}
    process = subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, start_new_session=True)
    try:
        wait_for("the edge", lambda: get(f"http://127.0.0.1:{port}/healthz")[0] == 200)
    finally:
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["started", "stopped"]


def test_the_unit_starts_the_program_that_the_tests_start() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(data_plane_files()[UNIT])
    started = unit["Service"]["ExecStart"].split()
    assert started[1:4] == ["-m", "refarch.streaming.data_plane", "%i"]
    assert (unit["Service"]["Restart"], unit["Service"]["User"]) == ("always", "www-data")


def test_every_role_names_its_packages_and_the_tests_install_them() -> None:
    assert PACKAGES.keys() == ROLES.keys()
    assert {name for packages in PACKAGES.values() for name in packages} == set(GROUPS["streaming"])
