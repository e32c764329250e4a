"""The ladder: never upscaled, never padded, 2:1 stays 2:1, and a rate that the playlist's BANDWIDTH bounds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.streaming.data_plane.ladder import (
    POST_RUNGS,
    Rendition,
    Rung,
    Source,
    bandwidth,
    measured_bandwidth,
    parse_rungs,
    plan,
    rate,
)

sizes = st.integers(2, 4096).map(lambda half: 2 * half)
sources = st.builds(Source, sizes, sizes, st.floats(1, 120))
rungs = st.lists(st.builds(Rung, st.integers(2, 8192), st.integers(1, 50_000)), max_size=6)


def named(renditions: list[Rendition]) -> list[tuple[str, int, int, int]]:
    return [(each.name, each.width, each.height, each.kilobits) for each in renditions]


def test_the_posts_ladder_for_a_4k_sphere() -> None:
    assert named(plan(Source(3840, 1920, 30))) == [
        ("src", 3840, 1920, 0),
        ("1920", 1920, 960, 5800),
        ("960", 960, 480, 2300),
        ("480", 480, 240, 500),
    ]


def test_a_flat_picture_keeps_sixteen_to_nine() -> None:
    assert named(plan(Source(1920, 1080, 30)))[1:] == [("960", 960, 540, 2300), ("480", 480, 270, 500)]


@given(sources, rungs)
def test_nothing_is_upscaled_and_the_best_is_the_source(source: Source, wanted: list[Rung]) -> None:
    found = plan(source, wanted)
    assert (found[0].width, found[0].height, found[0].passed_through) == (source.width, source.height, True)
    for above, below in pairwise(found):
        assert below.width < above.width
        assert below.height <= above.height
        assert not below.passed_through


@given(sources, rungs)
def test_every_size_is_even_and_keeps_the_aspect(source: Source, wanted: list[Rung]) -> None:
    for each in plan(source, wanted)[1:]:
        assert each.width % 2 == each.height % 2 == 0
        assert abs(each.height - each.width * source.height / source.width) <= 1


@given(st.integers(1, 2048), rungs)
def test_two_to_one_stays_exactly_two_to_one(quarter: int, wanted: list[Rung]) -> None:
    """The original made 1280x640 inside 1280x720 of a 1920x960 sphere: a hole at each pole."""
    for each in plan(Source(4 * quarter, 2 * quarter, 30), wanted):
        assert each.width == 2 * each.height


@given(sources, rungs)
def test_names_are_unique_and_fit_an_address(source: Source, wanted: list[Rung]) -> None:
    names = [each.name for each in plan(source, wanted)]
    assert len(names) == len(set(names))
    assert all(name.isalnum() and name == name.lower() for name in names)


@pytest.mark.parametrize(("fps", "expected"), [(10, 2300), (30, 2300), (36, 2760), (60, 3450), (120, 3450)])
def test_faster_pictures_get_more_up_to_half_as_much_again(fps: float, expected: int) -> None:
    assert rate(POST_RUNGS[1], fps) == expected


@given(st.integers(1, 50_000), st.integers(0, 320), st.integers(1, 10))
def test_the_bandwidth_is_no_less_than_what_the_buffer_lets_through(kilobits: int, audio: int, fragment: int) -> None:
    found = bandwidth(Rendition("480", 480, 240, 30, kilobits), audio, fragment)
    worst_segment = (kilobits * fragment + kilobits * 0.5 + audio * fragment) * 1000
    assert found * fragment >= worst_segment


@given(st.integers(1, 10**8), st.floats(0.5, 10))
def test_the_measured_bandwidth_is_above_what_was_measured(size: int, seconds: float) -> None:
    found = measured_bandwidth(size, seconds)
    assert found >= size * 8 / seconds
    assert found % 100_000 == 0


def test_rungs_are_read_as_text() -> None:
    assert parse_rungs("1920:5800 960:2300 480:500") == POST_RUNGS
    assert parse_rungs("") == ()


@pytest.mark.parametrize("text", ["960", "960:", "x:100", "960:0", "0:100", "960:-5"])
def test_a_wrong_rung_is_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="allowed: WIDTH:KILOBITS"):
        parse_rungs(text)


def test_a_source_without_a_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="0x0"):
        plan(Source(0, 0, 30))
