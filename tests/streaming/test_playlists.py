"""Playlists keep the rules of RFC 8216, and the validator finds what breaks them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.streaming import hls_rules
from refarch.streaming.data_plane.playlists import Segment, Variant, ended, master, media, newest_run, parse

GOOD = media([Segment(n, 2.0, f"{n}.ts") for n in (7, 8, 9)], target_seconds=2, fragment_ms=2000)
FMP4 = media([Segment(n, 2.0, f"{n}.m4s", "init0.mp4") for n in (7, 8, 9)], target_seconds=2, fragment_ms=2000)
MASTER = master([Variant("demo_src/index.m3u8", 900_000, 640, 320, 25.0, ("avc1.42c01e", "mp4a.40.2"))])


@given(st.integers(0, 10**9), st.lists(st.floats(0.1, 2.4), min_size=1, max_size=12), st.booleans())
def test_what_is_written_keeps_the_rules_and_is_read_back(first: int, lengths: list[float], closed: bool) -> None:
    segments = [Segment(first + i, round(length, 6), f"{first + i}.ts") for i, length in enumerate(lengths)]
    text = media(segments, target_seconds=2, fragment_ms=2000, ended=closed)
    assert hls_rules.broken_in_media(text) == []
    assert parse(text) == segments
    assert ended(text) == closed


def test_an_initialization_segment_is_named_once_and_again_when_it_changes() -> None:
    assert hls_rules.broken_in_media(FMP4) == []
    assert FMP4.count("#EXT-X-MAP") == 1
    segments = [Segment(n, 2.0, f"{n}.m4s", "init0.mp4" if n < 9 else "init1.mp4") for n in (7, 8, 9, 10)]
    text = media(segments, target_seconds=2, fragment_ms=2000)
    assert text.count("#EXT-X-MAP") == 2
    assert parse(text) == segments
    assert hls_rules.broken_in_media(text) == []


def test_a_master_playlist_keeps_the_rules() -> None:
    assert hls_rules.broken_in_master(MASTER) == []
    assert hls_rules.variants(MASTER)["demo_src/index.m3u8"] == {
        "BANDWIDTH": "900000",
        "RESOLUTION": "640x320",
        "CODECS": "avc1.42c01e,mp4a.40.2",
        "FRAME-RATE": "25.000",
    }


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (GOOD.replace("#EXTM3U\n", ""), "not #EXTM3U"),
        (GOOD.replace("#EXT-X-TARGETDURATION:2\n", ""), "no EXT-X-TARGETDURATION"),
        (GOOD.replace("EXTINF:2.000000", "EXTINF:3.500000", 1), "exceeds the target"),
        (GOOD.replace("#EXTINF:2.000000,\n8.ts", "8.ts"), "without an EXTINF"),
        (GOOD.replace("\n8.ts", ""), "without a segment"),
        (GOOD.replace("VERSION:3", "VERSION:2"), "version 3"),
        (GOOD + "#EXT-X-MEDIA-SEQUENCE:3\n", "after a segment"),
        (GOOD + "#EXT-X-STREAM-INF:BANDWIDTH=1\nx\n", "master playlist"),
        (FMP4.replace('#EXT-X-MAP:URI="init0.mp4"\n', ""), "without an EXT-X-MAP"),
        (FMP4.replace('URI="init0.mp4"', 'BYTERANGE="9@0"'), "without a URI"),
        (FMP4.replace("VERSION:7", "VERSION:5"), "version 6"),
    ],
)
def test_the_validator_finds_what_is_broken_in_a_media_playlist(broken: str, what: str) -> None:
    assert any(what in each for each in hls_rules.broken_in_media(broken))


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (MASTER.replace("BANDWIDTH=900000,", ""), "no BANDWIDTH"),
        (MASTER.replace("avc1.42c01e", "h264"), "CODECS"),
        (MASTER.replace("640x320", "640"), "no RESOLUTION"),
        (MASTER.replace("demo_src/index.m3u8\n", ""), "no address"),
        ("#EXTM3U\n", "no variants"),
    ],
)
def test_the_validator_finds_what_is_broken_in_a_master_playlist(broken: str, what: str) -> None:
    assert any(what in each for each in hls_rules.broken_in_master(broken))


def test_the_validator_compares_versions_of_a_playlist() -> None:
    later = media([Segment(n, 2.0, f"{n}.ts") for n in (8, 9, 10)], target_seconds=2, fragment_ms=2000)
    assert hls_rules.broken_between(GOOD, later) == []
    assert "went back" in hls_rules.broken_between(later, GOOD)[0]
    renamed = later.replace("9.ts", "other.ts")
    assert "segment 9 changed" in hls_rules.broken_between(GOOD, renamed)[0]
    assert hls_rules.broken_between(GOOD + "#EXT-X-ENDLIST\n", later) == ["changed after EXT-X-ENDLIST"]


def test_a_short_list_is_named() -> None:
    assert not hls_rules.short_list(GOOD)
    assert hls_rules.short_list(media([Segment(1, 2.0, "1.ts")], target_seconds=2, fragment_ms=2000))


@given(st.sets(st.integers(0, 40)), st.integers(1, 12))
def test_the_newest_run_has_no_gap(numbers: set[int], length: int) -> None:
    run = [each.number for each in newest_run([Segment(n, 2.0, f"{n}.ts") for n in numbers], length)]
    assert len(run) <= length
    if numbers:
        assert run[-1] == max(numbers)
        assert run == list(range(run[0], run[-1] + 1))
        assert len(run) == length or run[0] - 1 not in numbers
