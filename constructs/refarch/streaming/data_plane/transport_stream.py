"""What an MPEG-TS segment says about itself: the time of its first picture, and its codecs. Pure parsing."""

from __future__ import annotations

import re
from collections.abc import Iterator

PACKET = 188
SYNC = 0x47
VIDEO_STREAM_IDS = range(0xE0, 0xF0)
AUDIO_STREAM_IDS = range(0xC0, 0xE0)
_SPS = re.compile(rb"\x00\x00\x01[\x27\x47\x67](...)", re.DOTALL)


def describe(data: bytes) -> tuple[int | None, tuple[str, ...]]:
    """The time of the first picture, and the codecs that it names."""
    codecs = (video_codec(data), audio_codec(data))
    return first_pts(data), tuple(each for each in codecs if each)


def first_pts(data: bytes) -> int | None:
    """The time stamp (90 kHz, 33 bits) of the first picture; None where there is none."""
    for payload in _starts(data, VIDEO_STREAM_IDS):
        if payload[7] & 0x80 and len(payload) >= 14:
            return _stamp(payload[9:14])
    return None


def key_frame_stamps(data: bytes) -> list[int]:
    """When the pictures that a decoder may start with, as the encoder marked them, are decoded (90 kHz, 33 bits)."""
    whole = range(0, len(data) - PACKET + 1, PACKET)
    marked = [data[at : at + PACKET] for at in whole if data[at + 3] & 0x20 and data[at + 4] and data[at + 5] & 0x40]
    found = [payload for packet in marked for payload in _starts(packet, VIDEO_STREAM_IDS)]
    # Where pictures are sent out of their order, the time of decoding stands behind that of showing.
    places = [(payload, 14 if payload[7] & 0x40 else 9) for payload in found if payload[7] & 0x80]
    return [_stamp(payload[at : at + 5]) for payload, at in places if len(payload) >= at + 5]


def _stamp(field: bytes) -> int:
    a, b, c, d, e = field
    return (a >> 1 & 7) << 30 | b << 22 | (c >> 1) << 15 | d << 7 | e >> 1


def video_codec(data: bytes) -> str | None:
    """RFC 6381's name of the H.264 stream (avc1.PPCCLL), read from its first parameter set."""
    for payload in _starts(data, VIDEO_STREAM_IDS):
        if found := _SPS.search(payload):
            return f"avc1.{found[1].hex()}"
    return None


def audio_codec(data: bytes) -> str | None:
    """RFC 6381's name of the AAC stream (mp4a.40.N), read from its first ADTS header."""
    for payload in _starts(data, AUDIO_STREAM_IDS):
        header = payload[9 + payload[8] :]
        if len(header) > 2 and header[0] == 0xFF and header[1] & 0xF0 == 0xF0:
            return f"mp4a.40.{(header[2] >> 6) + 1}"
    return None


def _starts(data: bytes, stream_ids: range) -> Iterator[bytes]:
    """The first packet of each PES packet of these streams: its payload, header first."""
    for at in range(0, len(data) - PACKET + 1, PACKET):
        packet = data[at : at + PACKET]
        if packet[0] != SYNC or not packet[1] & 0x40 or not packet[3] & 0x10:
            continue
        body = packet[5 + packet[4] :] if packet[3] & 0x20 else packet[4:]
        if len(body) > 13 and body[:3] == b"\x00\x00\x01" and body[3] in stream_ids:
            yield body
