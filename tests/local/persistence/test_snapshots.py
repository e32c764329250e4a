"""Kept states as folders: one counts at every moment, whatever is cut off in the middle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from refarch.local import LocalCloudError, hooks
from refarch.local.persistence import keeping
from refarch.local.persistence.snapshots import Kept, Snapshots, write_whole

SETTINGS: dict[str, Any] = {"version": "1", "region": "us-east-1", "port": 1, "saved_at": "now", "lost": ()}


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path / "kept")


def keep(snapshots: Snapshots, text: str) -> Kept:
    snapshots.open()
    (snapshots.state / "service.json").unlink(missing_ok=True)
    (snapshots.state / "service.json").write_text(text)
    return snapshots.close(**SETTINGS)


def content(snapshots: Snapshots) -> str:
    snapshots.open()
    return (snapshots.state / "service.json").read_text()


def test_the_first_start_is_empty(snapshots: Snapshots) -> None:
    assert snapshots.open() is None
    assert list(snapshots.state.iterdir()) == list(snapshots.objects.iterdir()) == []


def test_what_was_kept_comes_back_and_only_the_last_is_there(snapshots: Snapshots) -> None:
    for text in ("first", "second"):
        kept = keep(snapshots, text)
    assert snapshots.current() == kept
    assert content(snapshots) == "second"
    assert [folder.name for folder in snapshots.folder.glob("state-*")] == [kept.snapshot]


def test_work_that_is_never_closed_changes_nothing(snapshots: Snapshots) -> None:
    keep(snapshots, "kept")
    snapshots.open()
    write_whole(snapshots.state / "service.json", "half of the wor")
    (snapshots.objects / "new").touch()
    assert content(snapshots) == "kept"
    assert list(snapshots.objects.iterdir()) == []


def test_a_cut_between_the_two_renames_leaves_the_state_before(
    snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(snapshots, "kept")

    def cut(path: Path, text: str) -> None:
        raise OSError("the power went")

    monkeypatch.setattr("refarch.local.persistence.snapshots.write_whole", cut)
    with pytest.raises(OSError, match="power"):
        keep(snapshots, "lost")
    monkeypatch.undo()
    assert content(snapshots) == "kept"
    keep(snapshots, "next")
    assert len(list(snapshots.folder.glob("state-*"))) == 1  # what the cut left behind is gone


def test_files_that_cannot_be_linked_are_copied(snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(snapshots, "kept")

    def refuse(source: str, target: str) -> None:
        raise PermissionError

    monkeypatch.setattr("os.link", refuse)
    assert content(snapshots) == "kept"


def test_a_broken_pointer_is_an_error_that_says_what_to_do(snapshots: Snapshots) -> None:
    kept = keep(snapshots, "kept")
    (snapshots.folder / "current.json").write_text("{")
    with pytest.raises(LocalCloudError, match="to start empty"):
        snapshots.open()
    (snapshots.folder / "current.json").write_text(json.dumps({"snapshot": "gone", **SETTINGS}))
    with pytest.raises(LocalCloudError, match=r"is gone; remove .* to start empty"):
        snapshots.open()
    assert kept.lost == ()


def test_rooms_are_saved_and_loaded(snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "_kept", {})
    loaded: list[Any] = []

    def fails(_: Any = None) -> Any:
        raise RuntimeError("stuck")

    hooks.keeps("broken", fails, fails)
    hooks.keeps("room", lambda: {"a": [1]}, loaded.append)
    hooks.keeps("no json", lambda: object(), loaded.append)
    snapshots.open()
    (snapshots.state / "s3.json").touch()
    kept = keeping.save(snapshots, ["s3", "sqs"], "us-east-1", 1)
    assert kept.lost == ("broken", "no json", "sqs")
    snapshots.open()
    keeping.load_rooms(snapshots.rooms)
    assert loaded == [{"a": [1]}]
    keeping.load_rooms(snapshots.folder / "no such file")


def test_a_room_that_cannot_load_starts_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "_kept", {})
    loaded: list[Any] = []

    def fails(_: Any) -> None:
        raise ValueError("another release wrote it")

    hooks.keeps("one", dict, fails)
    hooks.keeps("two", dict, loaded.append)
    (tmp_path / "rooms.json").write_text('{"one": 1, "two": 2, "of a room that is gone": 3}')
    keeping.load_rooms(tmp_path / "rooms.json")
    assert loaded == [2]
