"""Requests of low-latency HLS that wait: for a playlist with a certain part in it, or for that part. A decision.

nginx hands them over when it has no answer yet, and gets back where the answer lies: it serves the file, or refuses it,
as it does for everybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from refarch.streaming.data_plane.origin.keys import APPLICATIONS

LONGEST = 0.8
"""Seconds that a request waits: an edge asks the other origin after a second or two."""
AHEAD = 2
"""Segments beyond the newest that may be waited for; more is an error (RFC 8216bis, 6.2.5.2)."""
_PATH = re.compile(
    r"^/(?P<point>hls|testhls)/(?P<name>[a-z0-9]{1,40})_[a-z0-9]+/"
    r"(?:index\.m3u8|(?P<number>[0-9]{1,12})p(?P<part>[0-9]{1,4})\.m4s)$"
)
_NUMBER = re.compile(r"^[0-9]{1,12}$")
_STREAMS = {point: application for application, point in APPLICATIONS.items()}


@dataclass(frozen=True)
class Wanted:
    """`stream` is `live/demo`. `part` of None: the whole segment. `is_part`: the part itself is asked for."""

    stream: str
    number: int
    part: int | None
    is_part: bool


def wanted(path: str, asked: Mapping[str, str]) -> Wanted | None:
    """What a request waits for; None where it makes no sense."""
    match = _PATH.match(path)
    if match is None:
        return None
    stream = f"{_STREAMS[match['point']]}/{match['name']}"
    if match["number"]:
        return Wanted(stream, int(match["number"]), int(match["part"]), True)
    number, part = asked.get("_HLS_msn", ""), asked.get("_HLS_part")
    if not _NUMBER.match(number) or not (part is None or _NUMBER.match(part)):
        return None
    return Wanted(stream, int(number), None if part is None else int(part), False)
