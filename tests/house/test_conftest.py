"""The guards of tests/conftest.py hold."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

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
