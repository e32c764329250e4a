"""The guards of tests/conftest.py hold."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import group_of

ROOT = Path(__file__).resolve().parents[2]


def test_a_test_cannot_leave_this_machine() -> None:
    with socket.socket() as client, pytest.raises(RuntimeError, match="only loopback is allowed"):
        client.connect(("192.0.2.1", 80))


def test_loopback_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.connect(server.getsockname())


def test_no_account_of_the_user_is_reachable() -> None:
    assert os.environ["AWS_ACCESS_KEY_ID"] == "test"
    assert "AWS_PROFILE" not in os.environ


@pytest.mark.parametrize("stray", ["constructs/__init__.py", "constructs/helper.py", "lambdas/__init__.py"])
def test_a_stray_module_in_a_source_root_stops_the_run(tmp_path: Path, stray: str) -> None:
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests/conftest.py", tmp_path / "tests/conftest.py")
    (tmp_path / stray).parent.mkdir()
    (tmp_path / stray).touch()
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert stray in result.stderr + result.stdout


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        ("tests/local/functions/test_limits.py::test_it[a/b::c]", "tests/local/functions"),
        ("tests/contract/lint/test_cfn_lint.py::test_it", "tests/contract"),
        ("tests/contract/test_traps.py::test_it", "tests/contract"),
        ("tests/rehearsals/test_lamp.py::test_it", "tests/rehearsals/test_lamp.py"),
    ],
)
def test_a_folder_stays_in_one_process_and_rehearsals_run_side_by_side(nodeid: str, group: str) -> None:
    assert group_of(nodeid) == group


NOTE = (
    "import os, pathlib\ndef test_it():\n    pathlib.Path(__file__).with_suffix('.pid').write_text(str(os.getpid()))\n"
)


def test_with_two_processes_each_folder_is_in_one_of_them(tmp_path: Path) -> None:
    """By the very command of `make check`: marks were not seen for a while, and every folder's servers ran twice."""
    pytest.importorskip("xdist")
    for folder in ("one", "two", "three"):
        (tmp_path / "tests" / folder).mkdir(parents=True)
        for number in range(4):
            (tmp_path / "tests" / folder / f"test_{folder}_{number}.py").write_text(NOTE)
    shutil.copy(ROOT / "tests/conftest.py", tmp_path / "tests/conftest.py")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-n",
        "2",
        "--dist",
        "loadgroup",
        "tests",
    ]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    for folder in ("one", "two", "three"):
        notes = [path.read_text() for path in (tmp_path / "tests" / folder).glob("*.pid")]
        assert (len(notes), len(set(notes))) == (4, 1)
