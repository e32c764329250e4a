"""What fragmented MP4 (CMAF) says about itself: the time of its first picture, its codecs. Pure parsing.

An initialization segment holds the tracks, a media segment the pictures. Layout: ISO/IEC 14496-12 (boxes), 14496-14 and
14496-15 (what AAC and H.264 are called).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

CLOCK = 90_000
"""Times are given as MPEG-TS counts them, so that both formats are numbered alike."""
_VIDEO, _AUDIO = b"vide", b"soun"
_BEFORE_BOXES = {b"avc1": 78, b"mp4a": 28, b"stsd": 8}
"""Bytes of a box's own fields, before the boxes inside it."""
_OBJECT_TYPE_AAC = 0x40
_DECODER_CONFIG, _DECODER_SPECIFIC = 0x04, 0x05
_FIXED_FIELDS = 13
"""Of a decoder configuration, before the specific one: 14496-1, 7.2.6.6."""
_TRUN_DATA_OFFSET, _TRUN_FIRST_FLAGS, _TRUN_COMPOSITION = 0x1, 0x4, 0x800
_TRUN_BEFORE_COMPOSITION = (0x100, 0x200, 0x400)


def describe(init: bytes, segment: bytes) -> tuple[int | None, tuple[str, ...]]:
    """The time of the first picture, and the codecs that it names."""
    codecs = (video_codec(init), audio_codec(init))
    return first_pts(init, segment), tuple(each for each in codecs if each)


def first_pts(init: bytes, segment: bytes) -> int | None:
    """The time of the first picture (90 kHz); None where there is none."""
    track = _track(init, _VIDEO)
    if track is None:
        return None
    identity, scale = track
    for fragment in _find(segment, b"moof", b"traf"):
        header = next(_find(fragment, b"tfhd"), b"")
        if int.from_bytes(header[4:8], "big") != identity:
            continue
        decoded = next(_find(fragment, b"tfdt"), b"")
        runs = next(_find(fragment, b"trun"), b"")
        if len(decoded) >= 8 and runs:
            return (int.from_bytes(decoded[4:], "big") + _composition(runs)) * CLOCK // scale
    return None


def video_codec(init: bytes) -> str | None:
    """RFC 6381's name of the H.264 stream (avc1.PPCCLL)."""
    for entry in _entries(init, b"avc1"):
        for configuration in _find(entry, b"avcC"):
            return f"avc1.{configuration[1:4].hex()}"
    return None


def audio_codec(init: bytes) -> str | None:
    """RFC 6381's name of the AAC stream (mp4a.40.N)."""
    for entry in _entries(init, b"mp4a"):
        for description in _find(entry, b"esds"):
            kind, content = _descriptor(description[4:], _DECODER_CONFIG)
            if kind and content[:1] == bytes([_OBJECT_TYPE_AAC]):
                found, specific = _descriptor(content[_FIXED_FIELDS:], _DECODER_SPECIFIC)
                return f"mp4a.40.{specific[0] >> 3}" if found and specific else None
    return None


def _track(init: bytes, handler: bytes) -> tuple[int, int] | None:
    """The number and the time scale of the first track of this kind."""
    for track in _find(init, b"moov", b"trak"):
        if any(each[8:12] == handler for each in _find(track, b"mdia", b"hdlr")):
            header, media = next(_find(track, b"tkhd"), b""), next(_find(track, b"mdia", b"mdhd"), b"")
            return _after_dates(header), _after_dates(media)
    return None


def _entries(init: bytes, kind: bytes) -> Iterator[bytes]:
    for table in _find(init, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
        for entry in _find(table[_BEFORE_BOXES[b"stsd"] :], kind):
            yield entry[_BEFORE_BOXES[kind] :]


def _composition(run: bytes) -> int:
    """How much later than it is decoded the first picture is shown."""
    flags = int.from_bytes(run[1:4], "big")
    if not flags & _TRUN_COMPOSITION:
        return 0
    at = 8 + 4 * bool(flags & _TRUN_DATA_OFFSET) + 4 * bool(flags & _TRUN_FIRST_FLAGS)
    at += 4 * sum(bool(flags & each) for each in _TRUN_BEFORE_COMPOSITION)
    return int.from_bytes(run[at : at + 4], "big", signed=run[:1] == b"\x01")


def _descriptor(data: bytes, wanted: int) -> tuple[int, bytes]:
    """The first descriptor of this kind in an elementary stream's description (14496-1, 8.3.3), or (0, b"")."""
    at = 0
    while at < len(data):
        kind, length, at = data[at], 0, at + 1
        for _ in range(4):
            byte = data[at] if at < len(data) else 0
            length, at = length << 7 | byte & 0x7F, at + 1
            if not byte & 0x80:
                break
        if kind == wanted:
            return kind, data[at : at + length]
        at += 3 if kind == 0x03 else length  # the outermost one holds the others, behind its number and flags
    return 0, b""


def _find(data: bytes, *path: bytes) -> Iterator[bytes]:
    """The contents of all boxes on this path."""
    at = 0
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if length < 8:
            return
        if kind == path[0]:
            body = data[at + 8 : at + length]
            yield from _find(body, *path[1:]) if len(path) > 1 else iter((body,))
        at += length


def _after_dates(header: bytes) -> int:
    """The number that follows a header's two dates, which version 1 has in 64 bits."""
    at = 20 if header[:1] == b"\x01" else 12
    return int.from_bytes(header[at : at + 4], "big")
