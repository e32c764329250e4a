"""HLS playlists as text: written and read. Rules: RFC 8216."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

VERSION = 3
VERSION_FMP4 = 7
_MAP = re.compile(r'#EXT-X-MAP:(?:.*,)?URI="([^"]*)"')


@dataclass(frozen=True)
class Segment:
    """One segment of a rendition: its number, its length in seconds, its file's name.

    `init`: the initialization segment that players need before it; only fragmented MP4 has one.
    """

    number: int
    seconds: float
    file: str
    init: str = ""


@dataclass(frozen=True)
class Variant:
    """A line of a master playlist. `bandwidth` in bit/s; `codecs` as RFC 6381 names them."""

    uri: str
    bandwidth: int
    width: int
    height: int
    fps: float
    codecs: tuple[str, ...]


def master(variants: Sequence[Variant]) -> str:
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for each in variants:
        codecs = f',CODECS="{",".join(each.codecs)}"' if each.codecs else ""
        size = f"RESOLUTION={each.width}x{each.height}"
        lines += [f"#EXT-X-STREAM-INF:BANDWIDTH={each.bandwidth},{size}{codecs},FRAME-RATE={each.fps:.3f}", each.uri]
    return "\n".join(lines) + "\n"


def media(segments: Sequence[Segment], *, target_seconds: int, fragment_ms: int, ended: bool = False) -> str:
    """A live playlist of consecutive segments; `ended` closes it, so that players play to the end and stop.

    The date of a segment is its number times the fragment: the same on both origins, whenever they started.
    """
    first = segments[0].number if segments else 0
    version = VERSION_FMP4 if any(each.init for each in segments) else VERSION
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{version}", f"#EXT-X-TARGETDURATION:{target_seconds}"]
    lines += [f"#EXT-X-MEDIA-SEQUENCE:{first}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    init = ""
    for each in segments:
        if each.init != init:
            init = each.init
            lines.append(f'#EXT-X-MAP:URI="{init}"')
        at = datetime.fromtimestamp(each.number * fragment_ms / 1000, UTC)
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{at.isoformat(timespec='milliseconds').replace('+00:00', 'Z')}")
        lines += [f"#EXTINF:{each.seconds:.6f},", each.file]
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if ended else [])]) + "\n"


def parse(text: str) -> list[Segment]:
    """The segments of a media playlist, numbered from its media sequence."""
    number, init, found = 0, "", []
    seconds: float | None = None
    for line in text.splitlines():
        if line.startswith("#EXT-X-MEDIA-SEQUENCE:"):
            number = int(line.partition(":")[2])
        elif mapped := _MAP.match(line):
            init = mapped[1]
        elif line.startswith("#EXTINF:"):
            seconds = float(line.partition(":")[2].partition(",")[0])
        elif line and not line.startswith("#") and seconds is not None:
            found.append(Segment(number, seconds, line.strip(), init))
            number, seconds = number + 1, None
    return found


def ended(text: str) -> bool:
    return "#EXT-X-ENDLIST" in text


def newest_run(segments: Sequence[Segment], length: int) -> list[Segment]:
    """The newest consecutive segments, at most `length`: a playlist has no gap in its numbers."""
    run: list[Segment] = []
    for each in sorted(segments, key=lambda segment: -segment.number):
        if len(run) == length or (run and each.number != run[-1].number - 1):
            break
        run.append(each)
    return run[::-1]
