"""Which renditions a live source is offered in. A decision: no program is run in here.

The highest rendition is the source itself, passed through. Below it come rungs of the post's widths (1920, 960, 480)
with its rates, each only where the source is wider: nothing is ever upscaled, and nothing padded. A rung keeps the
source's aspect; a 2:1 (equirectangular) source stays exactly 2:1, or its sphere would show a hole at each pole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BASE_FPS = 30.0
MAXIMUM_RATE_FACTOR = 1.5
SMALLEST = 2
TRANSPORT_OVERHEAD = 1.10
"""MPEG-TS packets, their tables and their padding; small pictures have the most."""
BUFFER_SECONDS = 0.5
"""The rate buffer of an encoded rung: what a segment may exceed its rate by, at most."""
SOURCE_NAME = "src"


@dataclass(frozen=True)
class Rung:
    """A rendition to encode: its width in pixels, its rate in kbit/s at up to 30 frames a second."""

    width: int
    kilobits: int


POST_RUNGS = (Rung(1920, 5800), Rung(960, 2300), Rung(480, 500))
"""The post's ladder below the pass-through, with the rates its master playlist announced."""


@dataclass(frozen=True)
class Source:
    """What the encoder publishes. `has_audio` is False for a silent camera."""

    width: int
    height: int
    fps: float
    has_audio: bool = True


@dataclass(frozen=True)
class Rendition:
    """One variant of a stream. `kilobits` is 0 for the pass-through, whose rate is the encoder's."""

    name: str
    width: int
    height: int
    fps: float
    kilobits: int

    @property
    def passed_through(self) -> bool:
        return self.kilobits == 0


def plan(source: Source, rungs: Sequence[Rung] = POST_RUNGS) -> list[Rendition]:
    """The renditions of `source`, best first; the first is the source itself.

    Raises `ValueError` where the source has no picture to speak of.
    """
    if source.width < SMALLEST or source.height < SMALLEST or source.fps <= 0:
        raise ValueError(f"source is {source.width}x{source.height} at {source.fps:g} fps, allowed: 2x2 or more")
    found = [Rendition(SOURCE_NAME, source.width, source.height, source.fps, 0)]
    for rung in sorted(set(rungs), key=lambda each: -each.width):
        width, height = fit(source, rung.width)
        smaller = width < found[-1].width and height <= found[-1].height
        if smaller and min(width, height) >= SMALLEST:
            found.append(Rendition(str(rung.width), width, height, source.fps, rate(rung, source.fps)))
    return found


def fit(source: Source, width: int) -> tuple[int, int]:
    """The even size next to `width` with the source's aspect. A width of 2:1 is a multiple of four, so it is exact."""
    if source.width == 2 * source.height:
        width -= width % 4
        return width, width // 2
    width -= width % 2
    return width, 2 * round(width * source.height / source.width / 2)


def rate(rung: Rung, fps: float) -> int:
    """kbit/s of a rung. Faster pictures than 30 a second get more, in proportion, up to one and a half times."""
    return round(rung.kilobits * min(max(fps / BASE_FPS, 1.0), MAXIMUM_RATE_FACTOR))


def bandwidth(rendition: Rendition, audio_kilobits: int, fragment_seconds: float) -> int:
    """BANDWIDTH of an encoded rendition, in bit/s: no segment exceeds it, because the encoder's buffer forbids it."""
    peak = rendition.kilobits * (1 + BUFFER_SECONDS / fragment_seconds) + audio_kilobits
    return round(peak * 1000 * TRANSPORT_OVERHEAD)


def measured_bandwidth(segment_bytes: int, seconds: float) -> int:
    """BANDWIDTH of the pass-through, from its first segment: a quarter above it, rounded up to 100 kbit/s."""
    return -(-int(segment_bytes * 8 / seconds * 1.25) // 100_000) * 100_000


def parse_rungs(text: str) -> tuple[Rung, ...]:
    """`"1920:5800 960:2300"` → rungs. Raises `ValueError` with the part that is not WIDTH:KILOBITS."""
    rungs = []
    for part in text.split():
        width, _, kilobits = part.partition(":")
        if not (width.isdigit() and kilobits.isdigit() and int(width) >= SMALLEST and int(kilobits) > 0):
            raise ValueError(f"rung is {part!r}, allowed: WIDTH:KILOBITS (960:2300)")
        rungs.append(Rung(int(width), int(kilobits)))
    return tuple(rungs)
