"""HLS playlists as text: written and read. Rules: RFC 8216."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

VERSION = 3
VERSION_FMP4 = 7
HOLD_BACK_PARTS = 3
"""How many parts behind the newest picture players stay, as RFC 8216bis advises."""
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


@dataclass(frozen=True)
class Part:
    """A part of a segment: its length in seconds, its file's name, whether a player may begin with it."""

    seconds: float
    file: str
    independent: bool


@dataclass(frozen=True)
class LowLatency:
    """What low-latency HLS adds: `parts` of the newest segments and, under the next number, of the one in the making.

    `next_file` is the part that comes next, `reports` are the addresses of the other renditions' playlists.
    """

    part_target: float
    parts: Mapping[int, Sequence[Part]]
    next_file: str
    reports: Sequence[str]


def media(
    segments: Sequence[Segment],
    *,
    target_seconds: int,
    fragment_ms: int,
    ended: bool = False,
    low_latency: LowLatency | None = None,
) -> str:
    """A live playlist of consecutive segments; `ended` closes it, so that players play to the end and stop.

    The date of a segment is its number times the fragment: the same on both origins, whenever they started.
    """
    first = segments[0].number if segments else 0
    version = VERSION_FMP4 if any(each.init for each in segments) else VERSION
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{version}", f"#EXT-X-TARGETDURATION:{target_seconds}"]
    lines += _promises(low_latency) if low_latency else []
    lines += [f"#EXT-X-MEDIA-SEQUENCE:{first}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    init = ""
    for each in segments:
        if each.init != init:
            init = each.init
            lines.append(f'#EXT-X-MAP:URI="{init}"')
        lines.append(_date(each.number, fragment_ms))
        lines += _parts(low_latency.parts.get(each.number, ())) if low_latency else []
        lines += [f"#EXTINF:{each.seconds:.6f},", each.file]
    if low_latency and segments and not ended:
        lines += _in_the_making(low_latency, segments[-1].number, fragment_ms)
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if ended else [])]) + "\n"


def _date(number: int, fragment_ms: int) -> str:
    at = datetime.fromtimestamp(number * fragment_ms / 1000, UTC)
    return f"#EXT-X-PROGRAM-DATE-TIME:{at.isoformat(timespec='milliseconds').replace('+00:00', 'Z')}"


def _promises(told: LowLatency) -> list[str]:
    back = HOLD_BACK_PARTS * told.part_target
    server = f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={back:.3f}"
    return [server, f"#EXT-X-PART-INF:PART-TARGET={told.part_target:.3f}"]


def _parts(parts: Sequence[Part]) -> list[str]:
    begins = {True: ",INDEPENDENT=YES", False: ""}
    return [f'#EXT-X-PART:DURATION={p.seconds:.3f},URI="{p.file}"{begins[p.independent]}' for p in parts]


def _in_the_making(told: LowLatency, last: int, fragment_ms: int) -> list[str]:
    parts = told.parts.get(last + 1, ())
    newest = f"LAST-MSN={last + 1},LAST-PART={len(parts) - 1}" if parts else f"LAST-MSN={last}"
    lines = [_date(last + 1, fragment_ms), *_parts(parts)] if parts else []
    hint = f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{told.next_file}"'
    return [*lines, hint, *(f'#EXT-X-RENDITION-REPORT:URI="{each}",{newest}' for each in told.reports)]


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
