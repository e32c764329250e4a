"""Low-latency HLS in its small parts: frames read, parts cut and written, listed, waited for."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.streaming import hls_rules
from refarch.streaming.data_plane import cmaf, fragmented_mp4, playlists
from refarch.streaming.data_plane.clock import Start
from refarch.streaming.data_plane.flv import Frame, Reader, Setup
from refarch.streaming.data_plane.ladder import Rendition
from refarch.streaming.data_plane.origin import waiting
from refarch.streaming.data_plane.origin.packager import Piece
from refarch.streaming.data_plane.origin.publication import Publication
from refarch.streaming.data_plane.parts import Cutter, Part, part_target
from refarch.streaming.data_plane.problems import InvalidSettingsError
from refarch.streaming.data_plane.settings import OriginSettings

AVC = bytes([1, 0x42, 0xC0, 0x1E, 0xFF])
AAC = bytes([0x11, 0x90])  # low complexity, 48 kHz, stereo
OFFSET = 1_763_800_000_000


def tag(kind: int, at: int, body: bytes) -> bytes:
    """A tag of FLV with the pointer behind it, as Adobe's specification lays them out."""
    head = (
        bytes([kind]) + len(body).to_bytes(3, "big") + (at & 0xFFFFFF).to_bytes(3, "big") + bytes([at >> 24]) + bytes(3)
    )
    return head + body + (len(head) + len(body)).to_bytes(4, "big")


def stream(seconds: int, fps: int = 25, *, begins: int = 0, key_every: int = 50) -> list[Frame | Setup]:
    """What an encoder sends, in its order. It is 21 ms off the grid, as real ones are."""
    pictures = [
        Frame(True, begins + 21 + i * 1000 // fps, 0, i % key_every == 0, b"p%d" % i) for i in range(seconds * fps)
    ]
    sounds = [Frame(False, begins + i * 1024 * 1000 // 48000, 0, True, b"s%d" % i) for i in range(seconds * 47)]
    frames = sorted([*pictures, *sounds], key=lambda each: each.at)
    return [Setup(True, AVC), Setup(False, AAC), *frames]


def cut(frames: Sequence[Frame | Setup], at: int) -> tuple[list[Part], bytes | None]:
    """What a packager that begins at this stream time makes of it."""
    start = Start((at + OFFSET) // 2000, at, OFFSET)
    cutter = Cutter(start, fragment=2000, part=500, width=320, height=160, has_audio=True)
    later = [each for each in frames if isinstance(each, Setup) or each.at >= at]
    return [part for each in later for part in cutter.take(each)], cutter.init


@given(st.integers(1, 900))
def test_frames_are_read_however_the_bytes_come(step: int) -> None:
    at = 0x1234567  # beyond 24 bits
    body = bytes([0x17, 1, 0xFF, 0xFF, 0xD8]) + b"picture"
    data = b"FLV\x01\x05\0\0\0\x09" + bytes(4)
    data += tag(18, 0, b"onMetaData") + tag(9, 0, bytes([0x17, 0, 0, 0, 0]) + AVC) + tag(8, 0, b"\xaf\0" + AAC)
    data += tag(9, at, body) + tag(8, at + 5, b"\xaf\x01sound") + tag(9, at + 40, bytes([0x27, 1, 0, 0, 0]) + b"x")
    reader = Reader()
    found = [item for i in range(0, len(data), step) for item in reader.feed(data[i : i + step])]
    assert found == [
        Setup(True, AVC),
        Setup(False, AAC),
        Frame(True, at, -40, True, b"picture"),
        Frame(False, at + 5, 0, True, b"sound"),
        Frame(True, at + 40, 0, False, b"x"),
    ]


def test_the_initialization_segment_tells_what_was_set_up() -> None:
    init = cmaf.init(320, 160, AVC, AAC)
    part = cmaf.part(7, [cmaf.Run(True, 90_000, [cmaf.Sample(3600, 1800, True, b"x")])])
    assert fragmented_mp4.describe(init, part) == (91_800, ("avc1.42c01e", "mp4a.40.2"))
    assert fragmented_mp4.describe(cmaf.init(320, 160, AVC, None), part) == (91_800, ("avc1.42c01e",))
    assert (cmaf.sample_rate(AAC), cmaf.channels(AAC)) == (48_000, 2)


@pytest.mark.parametrize("fps", [10, 25, 30, 60])
@pytest.mark.parametrize("key_every", [1, 2])
def test_parts_make_up_segments_and_keep_their_target(fps: int, key_every: int) -> None:
    parts, _ = cut(stream(9, fps, key_every=key_every * fps), 0)
    segments = {number: [each for each in parts if each.number == number] for number in {each.number for each in parts}}
    whole = [segment for segment in segments.values() if segment[-1].last]
    assert len(whole) == 4
    for segment in whole:
        assert [each.index for each in segment] == [0, 1, 2, 3]
        assert segment[0].independent
        assert sum(each.seconds for each in segment) == pytest.approx(2.0, abs=0.002)
        assert max(each.seconds for each in segment) <= part_target(500, fps)
        assert {each.phase for each in segment} == {21}
    assert all(b.number - a.number in (0, 1) for a, b in pairwise(parts))


@given(st.integers(1, 3), st.integers(0, 3_000_000))
def test_two_origins_cut_alike_whenever_each_of_them_began(later: int, begins: int) -> None:
    begins -= begins % 2000
    frames = stream(10, begins=begins)
    (ours, init), (theirs, other) = cut(frames, begins), cut(frames, begins + later * 2000)
    first = theirs[0].number
    assert init == other
    assert theirs == [each for each in ours if each.number >= first]


def test_what_is_left_at_the_end_is_a_short_segment() -> None:
    start = Start(OFFSET // 2000, 0, OFFSET)
    cutter = Cutter(start, fragment=2000, part=500, width=320, height=160, has_audio=True)
    taken = [part for each in stream(3) for part in cutter.take(each)]
    (left,) = cutter.finish()
    assert (left.number, left.index, left.last) == (taken[-1].number, taken[-1].index + 1, True)
    assert sum(each.seconds for each in [*taken, left]) == pytest.approx(3.0, abs=0.01)
    assert list(cutter.finish()) == []


SETTINGS = OriginSettings(segment_format="fmp4", part_ms=500)


def pieces(folder: Path, upto: tuple[int, int], rendition: str) -> list[Piece]:
    """What a packager has found of four parts a segment, from segment 10 to part `upto`."""
    (folder / "init.mp4").write_bytes(b"init")
    found = []
    for number, index in [(n, i) for n in range(10, 20) for i in range(4) if (n, i) <= upto]:
        for part in (index, None) if index == 3 else (index,):
            file = folder / f"{rendition}-{number}-{part}"
            file.write_bytes(b"media")
            seconds = 2.0 if part is None else 0.5
            found.append(Piece(rendition, number, seconds, 0, True, file, ("avc1.42c01e",), folder / "init.mp4", part))
    return found


@pytest.fixture
def publication(tmp_path: Path) -> Publication:
    """Two renditions, of which the second is two parts behind."""
    for name in ("www", "lease"):
        (tmp_path / name).mkdir()
    made = Publication(dataclasses.replace(SETTINGS, run=str(tmp_path)), "hls", "demo")
    made.begin((Rendition("src", 320, 160, 25.0, 0), Rendition("160", 160, 80, 25.0, 100)), 0)
    made.add([*pieces(tmp_path, (13, 3), "src"), *pieces(tmp_path, (13, 1), "160")])
    return made


def test_a_playlist_lists_parts_that_every_rendition_has(publication: Publication, tmp_path: Path) -> None:
    texts = {name: (tmp_path / f"www/hls/demo_{name}/index.m3u8").read_text() for name in ("src", "160")}
    for text in texts.values():
        assert hls_rules.broken_in_media(text) == []
        assert [each.number for each in playlists.parse(text)] == [10, 11, 12]
        for line in (
            "CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.566",
            "PART-TARGET=0.522",
            '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="13p2.m4s"',
        ):
            assert line in text
        listed = [
            line.partition('URI="')[2].partition('"')[0]
            for line in text.splitlines()
            if line.startswith("#EXT-X-PART:")
        ]
        assert listed == [f"{n}p{i}.m4s" for n in (11, 12) for i in range(4)] + ["13p0.m4s", "13p1.m4s"]
    assert '#EXT-X-RENDITION-REPORT:URI="../demo_160/index.m3u8",LAST-MSN=13,LAST-PART=1' in texts["src"]


def test_who_waits_is_told_when_it_is_listed(publication: Publication) -> None:
    assert publication.position == 12 * 4 + 2
    there = {
        (12, None): True,
        (13, None): False,
        (13, 1): True,
        (13, 2): False,
        (12, 3): True,
        (12, 4): True,
        (12, 6): False,
    }
    assert {asked: publication.has(*asked) for asked in there} == there


def test_old_parts_go_and_files_are_held_once(publication: Publication, tmp_path: Path) -> None:
    publication.add([*pieces(tmp_path, (18, 3), "src"), *pieces(tmp_path, (18, 3), "160")])
    kept = sorted({int(path.name.partition("p")[0]) for path in (tmp_path / "www/hls/demo_src").glob("*p*.m4s")})
    assert kept == [14, 15, 16, 17, 18]
    assert list(tmp_path.glob("src-*")) == []


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        ("PART-HOLD-BACK=1.566>PART-HOLD-BACK=0.9", "PART-HOLD-BACK"),
        ("DURATION=0.500>DURATION=0.600", "exceeds the target"),
        ("#EXT-X-PART-INF:PART-TARGET=0.522\n>", "without one EXT-X-PART-INF"),
    ],
)
def test_the_validator_finds_what_is_broken_in_parts(
    publication: Publication, tmp_path: Path, broken: str, what: str
) -> None:
    text = (tmp_path / "www/hls/demo_src/index.m3u8").read_text()
    old, _, new = broken.partition(">")
    assert any(what in each for each in hls_rules.broken_in_media(text.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("path", "asked", "expected"),
    [
        ("/hls/demo_src/index.m3u8", {"_HLS_msn": "7", "_HLS_part": "2"}, waiting.Wanted("live/demo", 7, 2, False)),
        ("/testhls/test_src/index.m3u8", {"_HLS_msn": "7"}, waiting.Wanted("qa/test", 7, None, False)),
        ("/hls/demo_160/7p2.m4s", {}, waiting.Wanted("live/demo", 7, 2, True)),
        ("/hls/demo_src/index.m3u8", {"_HLS_msn": "-1"}, None),
        ("/hls/demo_src/index.m3u8", {"_HLS_msn": "7", "_HLS_part": "x"}, None),
        ("/hls/demo_src/index.m3u8", {}, None),
        ("/hls/../demo_src/index.m3u8", {"_HLS_msn": "7"}, None),
        ("/status", {"_HLS_msn": "7"}, None),
    ],
)
def test_what_a_request_waits_for(path: str, asked: dict[str, str], expected: waiting.Wanted | None) -> None:
    assert waiting.wanted(path, asked) == expected


@pytest.mark.parametrize(("part", "kind"), [(300, "fmp4"), (100, "fmp4"), (2000, "fmp4"), (500, "mpegts")])
def test_parts_divide_fragments_of_fmp4(part: int, kind: str) -> None:
    with pytest.raises(InvalidSettingsError, match="part_ms"):
        OriginSettings(segment_format=kind, part_ms=part)
