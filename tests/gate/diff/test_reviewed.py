"""Verdicts on resources that nobody here wrote, reviewed by hand against the pages: see reviewed.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from refarch.gate.diff import Verdict, compare
from refarch.gate.templates import Template

ROWS: list[list[Any]] = yaml.safe_load(Path(__file__).with_name("reviewed.yaml").read_text())
IN_PLACE = ("No interruption", "Some interruptions or none")


def named(row: list[Any]) -> str:
    changed = next(key for key in row[3] if row[2].get(key) != row[3][key])
    return f"{row[1].removeprefix('AWS::')}.{changed}"


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_the_verdict_is_that_of_the_page(row: list[Any]) -> None:
    _, kind, before, after, _, words, verdict = row
    old, new = (
        Template("t.json", {"Resources": {"R": {"Type": kind, "Properties": each}}}) for each in (before, after)
    )
    found = compare(old, new)["R"].verdict
    assert found.name.lower().replace("_", "-") == verdict
    assert (found is Verdict.UPDATE) == (words in IN_PLACE)


def test_thirty_verdicts_were_reviewed() -> None:
    assert len({named(row) for row in ROWS}) >= 30
