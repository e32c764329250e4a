"""FLV as a stream of frames: what ffmpeg writes into a pipe, read as it comes. Pure parsing.

RTMP carries the same messages, so a frame's time is the very time that the encoder gave it, in milliseconds.
Layout: Adobe's "Video File Format Specification 10.1", annex E.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_FILE_HEADER, _BACK_POINTER, _TAG_HEADER = 9, 4, 11
_AUDIO, _VIDEO = 8, 9
_AAC, _AVC = 10, 7
_KEY_FRAME = 1


@dataclass(frozen=True)
class Frame:
    """`at` and `later` in milliseconds: when it is decoded, and how much later it is shown."""

    video: bool
    at: int
    later: int
    key: bool
    data: bytes


@dataclass(frozen=True)
class Setup:
    """How to decode what follows: the AVC decoder configuration record, or AAC's audio specific configuration."""

    video: bool
    data: bytes


class Reader:
    """`feed` takes bytes as they come and gives what is complete."""

    def __init__(self) -> None:
        self._rest = b""
        self._at_start = True

    def feed(self, data: bytes) -> Iterator[Frame | Setup]:
        self._rest += data
        if self._at_start:
            if len(self._rest) < _FILE_HEADER + _BACK_POINTER:
                return
            self._rest = self._rest[_FILE_HEADER + _BACK_POINTER :]
            self._at_start = False
        while len(self._rest) >= _TAG_HEADER:
            size = int.from_bytes(self._rest[1:4], "big")
            if len(self._rest) < _TAG_HEADER + size + _BACK_POINTER:
                return
            tag, self._rest = self._rest[: _TAG_HEADER + size], self._rest[_TAG_HEADER + size + _BACK_POINTER :]
            if found := _read(tag[0] & 0x1F, _time(tag), tag[_TAG_HEADER:]):
                yield found


def _time(tag: bytes) -> int:
    """24 bits and, behind them, the 8 highest."""
    return tag[7] << 24 | int.from_bytes(tag[4:7], "big")


def _read(kind: int, at: int, body: bytes) -> Frame | Setup | None:
    if kind == _VIDEO and len(body) > 5 and body[0] & 0x0F == _AVC:
        later = int.from_bytes(body[2:5], "big", signed=True)
        if body[1] == 0:
            return Setup(True, body[5:])
        return Frame(True, at, later, body[0] >> 4 == _KEY_FRAME, body[5:]) if body[1] == 1 else None
    if kind == _AUDIO and len(body) > 2 and body[0] >> 4 == _AAC:
        return Frame(False, at, 0, True, body[2:]) if body[1] else Setup(False, body[2:])
    return None
