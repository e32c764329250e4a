"""The environment of commands, the folder and state of a project: no emulator needed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from refarch.local.environment import command_environment, server_environment, shell_lines
from refarch.local.folder import DataFolder, State, project_root
from refarch.local.processes import is_running, start_time
from refarch.local.toolchain import find_cdk

STATE = State(
    pid=1,
    process_start="1",
    port=4321,
    version="1",
    started_at="now",
    region="eu-west-1",
    enforce_permissions=False,
    async_slots=4,
)
SECRETS = {
    "AWS_PROFILE": "production",
    "AWS_SESSION_TOKEN": "secret",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_ENDPOINT_URL_S3": "https://elsewhere",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PATH": "/usr/bin",
    "KEPT": "yes",
}


def test_commands_see_this_cloud_and_none_of_the_users_credentials(tmp_path: Path) -> None:
    made = command_environment(STATE, DataFolder(tmp_path), SECRETS)
    assert made["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4321"
    assert (made["AWS_REGION"], made["CDK_DEFAULT_REGION"], made["KEPT"]) == ("eu-west-1", "eu-west-1", "yes")
    assert made["AWS_ACCESS_KEY_ID"] == "test"
    assert made["AWS_CONFIG_FILE"].startswith(str(tmp_path))
    assert made["PATH"].endswith("/usr/bin")
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "PYTHONDONTWRITEBYTECODE"} & made.keys()


def test_the_shell_lines_unset_and_export() -> None:
    lines = shell_lines(STATE, DataFolder(Path("/a b"))).splitlines()
    assert lines[0].startswith("unset ")
    assert "AWS_PROFILE" in lines[0].split()
    assert "export AWS_CONFIG_FILE='/a b/no-aws-configuration'" in lines


def test_the_emulator_inherits_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = server_environment(DataFolder(tmp_path), "us-east-1", True)
    for name in (*(SECRETS.keys() - {"PATH"}), "HOME", "TMPDIR"):  # the PATH is looked through for interpreters
        monkeypatch.setenv(name, "of the user")
    assert server_environment(DataFolder(tmp_path), "us-east-1", True) == quiet


def test_the_project_is_the_nearest_folder_that_looks_like_one(tmp_path: Path) -> None:
    inner = tmp_path / "project" / "deep" / "deeper"
    inner.mkdir(parents=True)
    (tmp_path / "project" / "cdk.json").touch()
    assert project_root(inner) == tmp_path / "project"
    (tmp_path / "project" / "deep" / "pyproject.toml").touch()
    assert project_root(inner) == tmp_path / "project" / "deep"


def test_a_state_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert folder.read_state() is None
    folder.write_state(STATE)
    assert folder.read_state() == STATE
    for text in ("", "[]", '{"pid": 1}'):
        folder.state_file.write_text(text)
        assert folder.read_state() is None


def test_a_process_is_known_by_its_number_and_its_start() -> None:
    start = start_time(os.getpid())
    assert start
    assert is_running(os.getpid(), start)
    assert not is_running(os.getpid(), start + "1")


def test_cdk_is_found_in_the_projects_node_modules(tmp_path: Path) -> None:
    command = tmp_path / "node_modules" / ".bin" / "cdk"
    command.parent.mkdir(parents=True)
    command.touch()
    found = find_cdk(tmp_path / "infrastructure", "/nowhere")
    assert found is not None
    assert found.name == "cdk"
