"""What an encoder says over SRT: which stream it is, and where its key frames lie. Decisions: no network in here."""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass, field

from refarch.streaming.data_plane import transport_stream
from refarch.streaming.data_plane.clock import PTS_MODULUS, PTS_PER_MS

STANDARD = "#!::"
"""How a stream id of SRT's access control begins: `#!::m=publish,r=live/demo?key=…`."""


@dataclass(frozen=True)
class Wanted:
    """What a stream id asks for."""

    application: str
    name: str
    key: str


def wanted(stream_id: str) -> Wanted:
    """A stream id is what an RTMP encoder has after the server: `live/<name>?key=<key>`, or without `live/`.

    Raises `ValueError` for one that does not want to publish.
    """
    text = _resource(stream_id) if stream_id.startswith(STANDARD) else stream_id
    path, _, query = text.partition("?")
    application, _, name = path.rpartition("/")
    return Wanted(application or "live", name, urllib.parse.parse_qs(query).get("key", [""])[0])


def _resource(stream_id: str) -> str:
    items = dict(item.partition("=")[::2] for item in stream_id.removeprefix(STANDARD).split(","))
    if items.get("m", "publish") != "publish":
        raise ValueError("this port takes streams, and gives none")
    return items.get("r", "")


@dataclass
class Alignment:
    """How far the encoder's clock is moved, so that its key frames are decoded at the origins' fragments.

    An encoder's MPEG-TS clock starts anywhere. Both origins see the same stamps, so both find the same shift, whenever
    each of them joins. The start of a stream is held back until two key frames tell it. Decoded, not shown: a packager
    drops a first picture that is decoded before its first fragment begins.
    """

    fragment_ms: int
    held: list[bytes] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    size: int = 0

    LARGEST = 32_000_000
    """Bytes to wait for a second key frame: more than ten seconds at 20 Mbit/s."""

    def add(self, message: bytes) -> bool:
        """Whether enough is known to start."""
        self.held.append(message)
        self.size += len(message)
        self.seen += transport_stream.key_frame_stamps(message)
        return len(self.seen) >= 2 or self.size > self.LARGEST

    @property
    def shift_ms(self) -> int:
        """Added to every stamp. A fragment at the least, so that no stamp comes out negative."""
        return self.fragment_ms + shift_ms(self.seen, self.fragment_ms)


def shift_ms(stamps: list[int], fragment_ms: int) -> int:
    """From a key frame to the next point where one belongs: a multiple of their interval, which divides the fragment.

    0 where it does not: then segments cannot follow the clock, whatever is done here. Stamps are 90 kHz, 33 bits.
    """
    if len(stamps) < 2:
        return 0
    interval = round((stamps[1] - stamps[0]) % PTS_MODULUS / PTS_PER_MS)
    if not interval or fragment_ms % interval:
        return 0
    return -round(stamps[0] / PTS_PER_MS) % interval
