"""The private names of the emulator: all there, pinned, and the pin is the one that gets installed."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from refarch.local import LocalCloudError, adapter

ROOT = Path(__file__).parents[2]


def test_every_private_name_is_where_the_repairs_expect_it() -> None:
    # In a process of its own: the emulator is not to be loaded into the tests'.
    code = "from refarch.local import adapter; print('\\n'.join(adapter.problems()))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == ""


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        (adapter.PrivateName("json", "no_such_name"), "json:no_such_name is gone"),
        (adapter.PrivateName("no_such_module", "x"), "no_such_module:x is gone"),
        (adapter.PrivateName("json", "loads", ("text",)), r"takes \('s',\), expected \('text',\)"),
        (adapter.PrivateName("json", "__doc__", text="no such text"), "does not contain 'no such text' any more"),
    ],
)
def test_a_name_that_moved_is_told(monkeypatch: pytest.MonkeyPatch, name: adapter.PrivateName, complaint: str) -> None:
    monkeypatch.setattr(adapter, "NAMES", {"that one": name})
    with pytest.raises(AssertionError, match=f"that one: .*{complaint}"):
        raise AssertionError("\n".join(adapter.problems()))


def test_only_the_adapter_knows_private_names() -> None:
    room = Path(adapter.__file__).parent
    knowing = {path.name for path in room.rglob("*.py") if "ministack." in path.read_text()}
    assert knowing == {"adapter.py"}


def test_the_pin_is_the_one_of_the_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"ministack=={adapter.PINNED}" in project["optional-dependencies"]["local"]


@pytest.mark.parametrize(("found", "word"), [(None, r"'refarch\[local\]'"), ("9.9.9", "9.9.9 is installed")])
def test_another_emulator_is_refused(monkeypatch: pytest.MonkeyPatch, found: str | None, word: str) -> None:
    monkeypatch.setattr(adapter, "installed_version", lambda: found)
    with pytest.raises(LocalCloudError, match=word):
        adapter.require_pinned()
