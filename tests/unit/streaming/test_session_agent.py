"""AWS's agent: the newest, or exactly the one that was asked for, and never in the way of the instance."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from refarch.streaming import session_agent
from refarch.streaming.session_agent import SessionAgent

PACKAGE = b"the agent"
GOOD = hashlib.sha256(PACKAGE).hexdigest()


def run(tmp_path: Path, agent: bool | SessionAgent, package: bytes | None = PACKAGE) -> tuple[str, str]:
    """The script with AWS's bucket and /run on this machine: what dpkg was asked to install, and what was said."""
    bucket = tmp_path / "bucket"
    version = agent.version if isinstance(agent, SessionAgent) else "latest"
    file = bucket / f"amazon-ssm-eu-west-1/{version}/debian_arm64/amazon-ssm-agent.deb"
    file.parent.mkdir(parents=True)
    if package is not None:
        file.write_bytes(package)
    (tmp_path / "dpkg").write_text(f'#!/bin/sh\n[ "$1" = -i ] && echo "$2" > {tmp_path}/installed || echo arm64\n')
    (tmp_path / "dpkg").chmod(0o755)
    script = session_agent.install(agent, region="eu-west-1", suffix="amazonaws.com")
    script = script.replace("https://s3.eu-west-1.amazonaws.com", f"file://{bucket}").replace("/run/", f"{tmp_path}/")
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], env=path, capture_output=True, text=True)
    assert done.returncode == 0
    installed = tmp_path / "installed"
    return (installed.read_text() if installed.exists() else ""), done.stdout


def test_the_newest_is_installed_without_being_asked_for_more(tmp_path: Path) -> None:
    assert run(tmp_path, True) == (f"{tmp_path}/refarch-session-agent.deb\n", "")


def test_a_pinned_one_is_installed_when_it_is_that_one(tmp_path: Path) -> None:
    assert run(tmp_path, SessionAgent("3.3.1802.0", GOOD))[0]


@pytest.mark.parametrize("package", [b"another", None])
def test_another_one_is_not_and_the_instance_goes_on(tmp_path: Path, package: bytes | None) -> None:
    installed, said = run(tmp_path, SessionAgent("3.3.1802.0", GOOD), package)
    assert (installed, said) == ("", "no Session Manager: its agent could not be installed\n")


def test_none_is_none() -> None:
    assert session_agent.install(False, region="eu-west-1", suffix="amazonaws.com") == ""


def test_both_are_checked_at_once() -> None:
    with pytest.raises(ValueError, match=r"version is 'latest'.*sha256 is 'ABC'"):
        SessionAgent("latest", "ABC")
