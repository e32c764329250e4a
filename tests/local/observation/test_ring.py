"""What is kept of the past is bounded, numbered and never lost in silence."""

from __future__ import annotations

import threading

import pytest

from refarch.local import control
from refarch.local.observation.ring import Ring, shortened
from refarch.local.observation.routes import page


def filled(count: int, size: int = 5) -> Ring:
    ring = Ring(size)
    for number in range(count):
        ring.append({"word": number})
    return ring


def test_it_holds_the_last_and_no_more() -> None:
    ring = filled(12)
    assert [record["number"] for record in ring.since(0, 100)] == [8, 9, 10, 11, 12]
    assert ring.last == 12


def test_since_gives_what_came_after_in_order() -> None:
    assert [record["number"] for record in filled(4).since(2, 100)] == [3, 4]
    assert [record["number"] for record in filled(4).since(0, 2)] == [3, 4]
    assert filled(4).since(0, 0) == []


def test_numbers_go_on_after_it_was_emptied() -> None:
    ring = filled(3)
    ring.clear()
    assert (ring.since(0, 10), ring.last) == ([], 3)
    ring.append({})
    assert ring.since(3, 10) == [{"number": 4}]


def test_many_threads_give_every_record_a_number_of_its_own() -> None:
    ring = Ring(10_000)
    threads = [threading.Thread(target=lambda: [ring.append({}) for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [record["number"] for record in ring.since(0, 10_000)] == list(range(1, 4001))


def test_a_page_says_where_to_go_on() -> None:
    ring = filled(4)
    assert page(ring, control.Request("", query={"since": "3"}), "found") == {
        "found": [{"number": 4, "word": 3}],
        "last": 4,
    }
    assert page(ring, control.Request("", query={"since": "4"}), "found") == {"found": [], "last": 4}


def test_a_follower_of_another_start_begins_anew() -> None:
    assert len(page(filled(4), control.Request("", query={"since": "900"}), "found")["found"]) == 4


@pytest.mark.parametrize("given", ["x", "-1", "1.5", ""])
def test_a_number_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(control.ControlError, match="allowed are whole numbers from 0"):
        page(filled(1), control.Request("", query={"since": given}), "found")


def test_long_texts_are_cut_with_a_mark() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("abcdef", 2) == "ab… [4 more characters]"
    assert shortened("abcdef", 2, keep_end=True) == "[4 more characters] …ef"
