"""What the tests of MapReduce share besides the bench."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def job_file(tmp_path: Path) -> Path:
    """A job of the user's own."""
    path = tmp_path / "jobs" / "word_count.py"
    path.parent.mkdir()
    path.write_text("def map(record):\n    yield record, 1\n\n\ndef reduce(key, values):\n    return sum(values)\n")
    return path
