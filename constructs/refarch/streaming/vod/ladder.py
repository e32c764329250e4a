"""Which renditions a video gets: the post's eight and its audio, pruned to the source. A decision.

A rung is a box of 16:9 (9:16 for an upright picture) that the source is made to fit, its aspect kept: nothing is
padded, nothing upscaled. A 2:1 source fills the width of the box exactly and stays 2:1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from refarch.streaming.data_plane.ladder import Rung, Source, fit, rate

FASTEST_FPS = 60.0
SMALLEST_EDGE = 16
NEARLY = 0.9
"""A source this much wider than its highest rung, or more, gets a rendition in its own size."""
AUDIO_ONLY_KILOBITS = 64
AUDIO_NAME = "audio"


@dataclass(frozen=True)
class Box:
    """A rung of the post: the longer and the shorter edge in pixels, video and audio in kbit/s."""

    long: int
    short: int
    video: int
    audio: int


POST_BOXES = (
    Box(320, 180, 110, 64),
    Box(426, 240, 250, 64),
    Box(640, 360, 500, 96),
    Box(854, 480, 1080, 96),
    Box(1280, 720, 2136, 128),
    Box(1920, 1080, 3980, 128),
    Box(2560, 1440, 7952, 192),
    Box(3840, 2160, 16450, 320),
)


@dataclass(frozen=True)
class Rendition:
    """One variant of a video; sizes in pixels, rates in kbit/s. The one of audio alone has no size."""

    name: str
    width: int
    height: int
    fps: float
    video: int
    audio: int

    @property
    def has_picture(self) -> bool:
        return self.video > 0


def plan(source: Source) -> list[Rendition]:
    """The renditions of `source`, best first, audio alone last.

    Raises `ValueError` for a picture that no encoder takes.
    """
    if min(source.width, source.height) < SMALLEST_EDGE or source.fps <= 0:
        edge = f"{SMALLEST_EDGE}x{SMALLEST_EDGE} or more"
        raise ValueError(f"source is {source.width}x{source.height} at {source.fps:g} fps, allowed: {edge}")
    fps = min(source.fps, FASTEST_FPS)
    found = {size: box for box in POST_BOXES if (size := _size(source, box)) is not None}
    own = _own_size(source)
    if not found or (len(found) < len(POST_BOXES) and max(found)[0] < NEARLY * own[0]):
        found[own] = _own_box(own, len(found))
    renditions = [_rendition(size, box, fps, source.has_audio) for size, box in sorted(found.items(), reverse=True)]
    alone = [Rendition(AUDIO_NAME, 0, 0, 0.0, 0, AUDIO_ONLY_KILOBITS)] if source.has_audio else []
    return renditions + alone


def _size(source: Source, box: Box) -> tuple[int, int] | None:
    """The size of the source in a box; None where that would be larger than the source."""
    upright = source.height > source.width
    across, down = (box.short, box.long) if upright else (box.long, box.short)
    width, height = fit(source, min(across, ceil(down * source.width / source.height)))
    smaller = width <= source.width and height <= source.height
    return (width, height) if smaller and min(width, height) >= SMALLEST_EDGE else None


def _own_size(source: Source) -> tuple[int, int]:
    """Encoders take even edges: a line less, never one more."""
    if source.width == 2 * source.height:
        return fit(source, source.width)
    return source.width - source.width % 2, source.height - source.height % 2


def _own_box(size: tuple[int, int], rungs: int) -> Box:
    """The rate of a source that lies between two rungs: the upper one's, by the share of its pixels."""
    box = POST_BOXES[min(rungs, len(POST_BOXES) - 1)]
    share = min(size[0] * size[1] / (box.long * box.short), 1.0)
    lowest = POST_BOXES[rungs - 1].video if rungs else POST_BOXES[0].video // 2
    return Box(box.long, box.short, max(round(box.video * share), lowest), box.audio)


def _rendition(size: tuple[int, int], box: Box, fps: float, has_audio: bool) -> Rendition:
    video = rate(Rung(size[0], box.video), fps)
    return Rendition(str(size[0]), *size, fps, video, box.audio if has_audio else 0)
