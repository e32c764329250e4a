"""Whether a machine encodes a ladder in real time. A decision: no program is run in here.

The figures are processor time for each million pixels, measured with Debian 12's ffmpeg 5.1 on one virtual processor
of an AMD EPYC, with a moving, noisy picture at 16 Mbit/s; `python -m rehearsals.streaming_ladder` measures them anew.
Processors differ: what is allowed leaves nearly a third of them free, for that, for nginx and for sudden pictures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from refarch.streaming.data_plane.ladder import Rendition, Source

DECODE_MS = 2.3
SCALE_MS = 0.7
"""Of the source, for each encoded rendition."""
ENCODE_MS = {"ultrafast": 5.0, "superfast": 8.5, "veryfast": 13.0, "faster": 21.0, "fast": 30.0, "medium": 40.0}
"""Of the rendition, by x264's preset."""
BUSY = 0.7
"""Share of its processors that a ladder may take, and of its thread where there is one for all."""
APART = 3
"""Threads of an encoder that leaves the decoder's thread alone."""
_SOURCE = re.compile(r"(\d{2,5})x(\d{2,5})@(\d{1,3})")


@dataclass(frozen=True)
class Work:
    """Processors that a ladder keeps busy. `alone` is the share of its busiest thread, which no other can help."""

    processors: float
    alone: float

    def fits(self, processors: int) -> bool:
        """Whether so many processors encode in real time."""
        return self.alone <= 1 and self.processors <= BUSY * processors

    def least(self) -> int | None:
        """The fewest processors that do; None where no number does."""
        return next((each for each in range(1, 1025) if self.fits(each)), None)


def work(source: Source, renditions: Sequence[Rendition], preset: str, threads: int) -> Work:
    """What encoding takes. With one of `threads` a rendition, encoders run in the thread that decodes; 0: as `threads`.

    Raises `KeyError` for a preset that is not in `ENCODE_MS`.
    """
    encoded = [each for each in renditions if not each.passed_through]
    if not encoded:
        return Work(0.0, 0.0)
    pixels = _millions(source.width, source.height, source.fps)
    decode = pixels * DECODE_MS / 1000
    scale = pixels * SCALE_MS / 1000 * len(encoded)
    encode = sum(_millions(each.width, each.height, each.fps) for each in encoded) * ENCODE_MS[preset] / 1000
    together = decode + encode
    shared = threads == 1 or (not threads and together <= BUSY)
    return Work(decode + scale + encode, together if shared else decode)


def threads(wanted: int, source: Source, renditions: Sequence[Rendition], preset: str) -> int:
    """Of each encoder: `wanted`; where that is 0, one if one thread keeps up with decoder and encoders, else three.

    One is better: both origins then encode the same bytes. Both choose alike, since both see the same source.
    """
    return wanted or (1 if work(source, renditions, preset, 1).alone <= BUSY else APART)


def parse_source(text: str) -> Source:
    """`"3840x1920@30"` → a source. Raises `ValueError`."""
    found = _SOURCE.fullmatch(text)
    if not found or "0" in (each.lstrip("0") or "0" for each in found.groups()):
        raise ValueError(f"source is {text!r}, allowed: WIDTHxHEIGHT@FRAMES (3840x1920@30)")
    width, height, fps = map(int, found.groups())
    return Source(width, height, fps)


def _millions(width: int, height: int, fps: float) -> float:
    """Pixels a second, in millions."""
    return width * height * fps / 1e6
