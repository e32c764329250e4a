"""What is remembered is right or it is not used: cut, edited, foreign and forged entries are work to do again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from refarch.gate.whole.store import Store, key_of


def entry(folder: Path) -> Path:
    return next(iter(folder.glob("*.gate.json")))


def stored(folder: Path, value: object = 1) -> None:
    first = Store(folder)
    assert first.part("shelf", "part", "key", lambda: value) == value
    first.save()


def again(folder: Path, key: str = "key") -> tuple[object, int]:
    store = Store(folder)
    return store.part("shelf", "part", key, lambda: "made anew"), store.reused["part"]


def test_a_part_is_made_once(tmp_path: Path) -> None:
    stored(tmp_path, {"a": [1, "ü"]})
    assert again(tmp_path) == ({"a": [1, "ü"]}, 1)


def test_another_key_is_another_answer(tmp_path: Path) -> None:
    stored(tmp_path)
    assert again(tmp_path, "other key") == ("made anew", 0)


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: "{" * 100_000,
        lambda text: text.replace('\\"value\\": 1', '\\"value\\": 2'),
        lambda text: json.dumps({"part": {"key": "key", "text": '{"value": 2}', "digest": "0" * 64}}),
        lambda text: json.dumps({"part": {"key": "key", "text": 7}}),
        lambda text: json.dumps({"part": ["key"]}),
        lambda text: "\x00\xff",
    ],
)
def test_a_harmed_file_is_never_an_answer(tmp_path: Path, harm: object) -> None:
    stored(tmp_path)
    path = entry(tmp_path)
    before = path.read_text()
    path.write_text(harm(before))  # type: ignore[operator]
    assert path.read_text() != before
    assert again(tmp_path) == ("made anew", 0)


def test_a_file_of_another_stack_is_never_an_answer(tmp_path: Path) -> None:
    """As when a cache of another project is restored, or a file is renamed by hand."""
    foreign = Store(tmp_path)
    foreign.part("shelf", "part", key_of("another app"), lambda: "its answer")
    foreign.save()
    assert again(tmp_path, key_of("this app")) == ("made anew", 0)


def test_what_is_missing_is_not_remembered(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.part("shelf", "part", "key", lambda: {"missing": "troposphere"})
    store.save()
    assert again(tmp_path) == ("made anew", 0)


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    store = Store(blocked / "cache")
    assert store.part("shelf", "part", "key", lambda: 1) == 1
    store.save()


def test_nothing_is_remembered_without_a_folder() -> None:
    store = Store(None)
    assert store.part("shelf", "part", "key", lambda: 1) == 1
    store.save()
    assert store.made["part"] == 1
