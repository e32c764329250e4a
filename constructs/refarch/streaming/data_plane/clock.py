"""Segment numbers from the stream's own clock: two origins give the same two seconds the same number.

The encoder stamps every frame, both origins see the same stamps, and a number is (stamp + offset) / fragment. The
offset ties the encoder's clock to the wall clock, so numbers keep growing when an encoder starts again at zero. An
origin that joins takes the offset of its peer. All times are milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

DAY = 86_400_000
"""MPEG-TS has 26.5 hours of time stamps: media time starts again within a day, and numbers do not."""
PTS_MODULUS = 1 << 33
PTS_PER_MS = 90
UPWARDS_FROM = 0.55
"""Of a fragment: the phase from which a segment counts as the next. Not a half, which an encoder with two key frames a
fragment may have: a millisecond more or less would give two segments one number."""


@dataclass(frozen=True)
class Start:
    """Where a packager starts: at `stream_time`, with segment `number`, its media time moved by `media_offset`."""

    number: int
    stream_time: int
    media_offset: int


def choose_offset(wall: int, stamp: int, fragment: int, known: Iterable[int | None]) -> int:
    """Wall clock minus stream clock, a multiple of the fragment.

    One of `known` (what we used before, what the peer uses) is kept where it lies within two fragments of what we see,
    so that a clock a little off, or a second in which to ask, changes no number.
    """
    raw = wall - stamp
    for offset in known:
        if offset is not None and abs(offset - raw) < 2 * fragment:
            return offset
    return round(raw / fragment) * fragment


def first_segment(stamp: int, offset: int, fragment: int, lead: int) -> Start:
    """The first whole fragment that begins at least `lead` after `stamp`, the newest frame that is known."""
    stream_time = -(-(stamp + lead) // fragment) * fragment
    return Start((stream_time + offset) // fragment, stream_time, offset % DAY)


def start_at(number: int, offset: int, fragment: int) -> Start:
    """The start with segment `number`, as an origin with this offset makes it."""
    return Start(number, number * fragment - offset, offset % DAY)


def number_of(pts: int, start: Start, fragment: int) -> tuple[int, int]:
    """A segment's number, from the MPEG-TS time stamp of its first picture, and how far (ms) it is off the grid.

    The packager's own counting is not trusted: where it came late, its first segment holds another fragment.
    """
    expected = (start.stream_time + start.media_offset) * PTS_PER_MS
    distance = (pts - expected + PTS_MODULUS // 2) % PTS_MODULUS - PTS_MODULUS // 2
    steps = math.floor(distance / (fragment * PTS_PER_MS) + 1 - UPWARDS_FROM)
    return start.number + steps, round(distance / PTS_PER_MS) - steps * fragment
