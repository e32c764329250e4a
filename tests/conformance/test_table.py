"""The page in the documentation says what the tests declare."""

from __future__ import annotations

import sys

from tests.conformance import table


def test_the_page_is_what_the_tests_declare() -> None:
    wanted = table.render(table.declared())
    assert wanted == table.PAGE.read_text(), "run: python -m tests.conformance.table"


def test_there_are_enough_behaviours_and_each_has_its_reason() -> None:
    rows = table.declared()
    assert len(rows) >= 60
    assert len({row.title for row in rows}) == len(rows)
    assert [row.name for row in rows if row.fails is not None and len(row.fails) < 10] == []


def test_nothing_of_this_is_loaded_twice() -> None:
    """The decorator keeps its rows in one module, however pytest imported the tests."""
    assert sys.modules["tests.conformance.declared"].BEHAVIOURS is table.BEHAVIOURS
