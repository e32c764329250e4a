"""What fragmented MP4 says about itself, on boxes laid out as ISO/IEC 14496-12 has them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.streaming.data_plane import fragmented_mp4 as fmp4

SCALE = 12_800
AVCC = bytes([1, 0x42, 0xC0, 0x1E, 0xFF])


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def track(number: int, handler: bytes, scale: int, entry: bytes, *, version: int = 0) -> bytes:
    dates = bytes(16 if version else 8)
    header = box(b"tkhd", bytes([version, 0, 0, 3]), dates, struct.pack(">I", number), bytes(68))
    media = box(b"mdhd", bytes([version, 0, 0, 0]), dates, struct.pack(">I", scale), bytes(8))
    table = box(b"stbl", box(b"stsd", bytes(4), struct.pack(">I", 1), entry))
    named = box(b"hdlr", bytes(8), handler, bytes(13))
    return box(b"trak", header, box(b"mdia", media, named, box(b"minf", table)))


def sound(object_type: int = 0x40, long_lengths: bool = False) -> bytes:
    def descriptor(kind: int, content: bytes) -> bytes:
        length = bytes([0x80, 0x80, 0x80, len(content)]) if long_lengths else bytes([len(content)])
        return bytes([kind]) + length + content

    specific = descriptor(0x05, bytes([0x11, 0x90]))
    config = descriptor(0x04, bytes([object_type]) + bytes(12) + specific)
    return box(b"mp4a", bytes(28), box(b"esds", bytes(4), descriptor(0x03, bytes(3) + config)))


def init(version: int = 0, aac: bytes | None = None) -> bytes:
    picture = box(b"avc1", bytes(78), box(b"avcC", AVCC))
    return box(b"ftyp", b"iso5") + box(
        b"moov",
        track(1, b"soun", 48_000, sound() if aac is None else aac, version=version),
        track(2, b"vide", SCALE, picture, version=version),
    )


def segment(decoded: int, later: int = 0, *, number: int = 1, tracks: tuple[int, ...] = (1, 2)) -> bytes:
    run = struct.pack(">IIiIIIi", 0x01000E05, 1, 100, 0x2000000, 512, 0, later)
    fragments = [
        box(
            b"traf",
            box(b"tfhd", bytes(4), struct.pack(">I", each)),
            box(b"tfdt", b"\x01\x00\x00\x00", struct.pack(">Q", decoded if each == 2 else 7)),
            box(b"trun", run),
        )
        for each in tracks
    ]
    return box(b"styp", b"msdh") + box(b"moof", box(b"mfhd", bytes(4), struct.pack(">I", number)), *fragments)


@given(st.integers(0, 1 << 50), st.integers(-5000, 5000), st.sampled_from([0, 1]))
def test_a_segment_tells_its_time(decoded: int, later: int, version: int) -> None:
    """Of the picture, not of the sound; as it is shown, not as it is decoded; beyond 32 bits."""
    assert fmp4.first_pts(init(version), segment(decoded, later)) == (decoded + later) * 90_000 // SCALE


@pytest.mark.parametrize("aac", [sound(), sound(long_lengths=True)])
def test_codecs_are_in_the_initialization_segment(aac: bytes) -> None:
    assert fmp4.describe(init(aac=aac), segment(SCALE)) == (90_000, ("avc1.42c01e", "mp4a.40.2"))


@pytest.mark.parametrize("data", [b"", b"\x00" * 64, segment(1, tracks=(1,)), segment(1)[:40], box(b"free")])
def test_what_has_no_picture_tells_nothing(data: bytes) -> None:
    assert fmp4.first_pts(init(), data) is None
    assert fmp4.first_pts(data, segment(1)) is None
    assert fmp4.video_codec(data) is None
    assert fmp4.audio_codec(init(aac=sound(object_type=0x6B))) is None
