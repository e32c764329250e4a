"""The pages of streaming name tests: each of them is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("streaming/proof.md", "streaming/video_on_demand.md", "architectures/immersive_streaming.md")
NAMED = re.compile(r"`((?:[\w/]+/)?test_\w+\.py)?(?:::)?(…?(?:test_)?[\w…]*)`")


def named(text: str) -> Iterator[tuple[str, str]]:
    """(file, name with … for what is left out), row by row of the tables; a name alone is of the file before it."""
    for row in (line for line in text.splitlines() if line.startswith("|")):
        file = ""
        for path, name in NAMED.findall(row):
            file = path or file
            if path or (file and name.startswith("…")):
                yield file, name


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_a_page_names_is_there(page: str) -> None:
    found = list(named((ROOT / "docs" / page).read_text()))
    assert len(found) > 8
    assert [f"{file}::{name}" for file, name in found if not there(file, name)] == []


def there(file: str, name: str) -> bool:
    texts = [each.read_text() for each in (ROOT / "tests").rglob(Path(file).name) if each.as_posix().endswith(file)]
    tests = [test for text in texts for test in re.findall(r"def (test_\w+)", text)]
    wanted = re.compile(".*".join(map(re.escape, name.split("…"))) if name else "")
    return any(wanted.match(test) for test in tests)
