"""The made-up data set, and the independent computation that results are compared with."""

from __future__ import annotations

import pytest

from rehearsals.independent import Totals, differences, totals
from rehearsals.uservisits import InputObject, objects, text_of


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert list(objects(500, seed=4)) == list(objects(500, seed=4))
    assert list(objects(500, seed=4)) != list(objects(500, seed=5))


def test_objects_of_every_kind_hold_all_rows() -> None:
    found = {each.key.rpartition("/")[2]: each for each in objects(1_000)}
    assert sum(len(text_of(each).splitlines()) for each in found.values()) == 1_000
    assert len(found["large.csv"].body) > 50 * len(found["part-00000"].body)
    assert found["empty"].body == b""
    assert b"\r\n" in found["windows-lines.csv"].body
    assert not found["no-final-newline.csv"].body.endswith(b"\n")
    assert found["middle-2.csv.gz"].body.count(b"\x1f\x8b\x08") >= 2, "several gzip members"


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="rows is 5, allowed: 100 or more"):
        list(objects(5))


def test_the_independent_totals_are_exact() -> None:
    lines = b"10.1.100.1,u,2000-01-01,0.000001,a,USA,en-US,w,1\n10.1.100.2,u,2000-01-01,0.1,a,USA,en-US,w,1\n"
    assert totals([InputObject("a", lines)]) == Totals(rows=2, revenue={"10.1.100": 100_001})


def test_differences_name_every_kind() -> None:
    expected = Totals(rows=3, revenue={"a": 1, "b": 2, "c": 3})
    assert differences(expected, {"a": 0.000001, "b": 0.000002, "c": 0.000003}) == []
    assert differences(expected, {"a": 0.000001, "b": 0.5, "d": 1.0}) == [
        "c: expected, missing",
        "d: not expected",
        "b: expected 0.000002, got 0.500000",
    ]
