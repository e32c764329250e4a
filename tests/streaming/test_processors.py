"""Which machines encode a ladder in real time; `rehearsals.streaming_ladder` measures the figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.compute import instance_types as table
from refarch.streaming.data_plane.ladder import POST_RUNGS, Rung, Source, plan
from refarch.streaming.data_plane.processors import APART, ENCODE_MS, parse_source, threads, work
from refarch.streaming.data_plane.settings import PRESETS, OriginSettings
from refarch.streaming.vod_transcoder_props import DEFAULT_WORKER_TYPES

SPHERE = Source(3840, 1920, 30)
DEFAULTS = OriginSettings()
ORIGINALS = ("c4.xlarge", "m4.large")
some = st.builds(Source, st.sampled_from([640, 1920, 3840]), st.sampled_from([320, 960, 1920]), st.floats(5, 60))


def test_default_types_encode_the_default_ladder_of_a_4k_sphere_and_the_originals_did_not() -> None:
    found = work(SPHERE, plan(SPHERE), DEFAULTS.preset, DEFAULTS.encoder_threads)
    types = [each for types in DEFAULT_WORKER_TYPES.values() for each in types]
    assert [each for each in types if not found.fits(table.processors(each))] == []
    assert [each for each in ORIGINALS if not found.fits(table.processors(each))] == ["m4.large"]


def test_one_thread_for_all_is_too_little_on_any_machine() -> None:
    """So were this project's first origins: decoder and three encoders in one thread."""
    found = work(SPHERE, plan(SPHERE), DEFAULTS.preset, 1)
    assert found.least() is None
    assert not found.fits(192)


def test_one_thread_is_taken_where_it_keeps_up_since_both_origins_then_encode_the_same_bytes() -> None:
    small = Source(1280, 640, 30)
    chosen = {each: threads(0, each, plan(each), DEFAULTS.preset) for each in (small, SPHERE)}
    assert chosen == {small: 1, SPHERE: APART}
    for each, count in chosen.items():
        assert work(each, plan(each), DEFAULTS.preset, 0) == work(each, plan(each), DEFAULTS.preset, count)
    assert threads(2, small, plan(small), DEFAULTS.preset) == 2


def test_what_is_only_passed_through_takes_nothing() -> None:
    assert work(SPHERE, plan(SPHERE, ()), "medium", 1).fits(1)


@given(some, st.sampled_from(PRESETS), st.integers(1, 64))
def test_more_rungs_and_pictures_never_take_less(source: Source, preset: str, count: int) -> None:
    few, many = (work(source, plan(source, rungs), preset, 3) for rungs in (POST_RUNGS[1:], POST_RUNGS))
    assert few.processors <= many.processors
    twice = Source(source.width, source.height, 2 * source.fps)
    assert many.processors <= work(twice, plan(twice), preset, 3).processors
    assert many.fits(count) <= many.fits(count + 1)
    least = many.least()
    assert least is None or (many.fits(least) and not many.fits(least - 1))


def test_every_preset_is_known_and_slower_ones_take_more() -> None:
    assert tuple(ENCODE_MS) == PRESETS
    assert list(ENCODE_MS.values()) == sorted(ENCODE_MS.values())


def test_a_rung_in_between_is_counted() -> None:
    one = work(SPHERE, plan(SPHERE, [Rung(1920, 5800)]), "veryfast", 3)
    assert one.processors == pytest.approx(3840 * 1920 * 30e-9 * (2.3 + 0.7) + 1920 * 960 * 30e-9 * 13)


@pytest.mark.parametrize("text", ["", "3840x1920", "x@30", "0x100@30", "3840x1920@0", "3840x1920@-1", "4k"])
def test_a_wrong_source_is_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="allowed: WIDTHxHEIGHT@FRAMES"):
        parse_source(text)


def test_a_source_is_read_as_text() -> None:
    assert parse_source("3840x1920@30") == SPHERE


@pytest.mark.parametrize(
    ("name", "expected"),
    [("m4.large", 2), ("c4.xlarge", 4), ("c7g.medium", 1), ("t4g.small", 2), ("t2.micro", 1), ("m7i.48xlarge", 192)],
)
def test_processors_of_a_type(name: str, expected: int) -> None:
    assert table.processors(name) == expected
