"""Cut a stream of frames into segments of fragmented MP4 and their parts. A decision: frames in, parts out.

A segment begins with the first key frame from a quarter of a fragment before its place on the grid on, a part with the
first picture at or after its time in the segment. Both depend on the stream's own times alone: both origins cut alike.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from refarch.streaming.data_plane import cmaf
from refarch.streaming.data_plane.clock import Start
from refarch.streaming.data_plane.flv import Frame, Setup

_AAC_FRAME = 1024


@dataclass(frozen=True)
class Part:
    """The `index`th part of segment `number`. `last`: the segment is whole with it. `phase`: of the segment, in ms."""

    number: int
    index: int
    seconds: float
    independent: bool
    last: bool
    phase: int
    data: bytes


def part_target(part_ms: int, fps: float) -> float:
    """Seconds that no part exceeds: a part ends with the first picture after its time; times are in milliseconds."""
    return math.ceil(part_ms * fps / 1000 - 0.01) / fps + 0.002


class Cutter:
    """Takes the frames of one rendition, gives parts. `init` is the initialization segment, once it is known."""

    def __init__(self, start: Start, *, fragment: int, part: int, width: int, height: int, has_audio: bool) -> None:
        self._start, self._fragment, self._part = start, fragment, part
        self._size, self._has_audio = (width, height), has_audio
        self._avc: bytes | None = None
        self._aac: bytes | None = None
        self._video: list[Frame] = []
        self._audio: list[Frame] = []
        self._number: int | None = None
        self._phase = self._index = self._segment_at = self._part_at = 0
        self._interval = self._seen_at = 0
        self.init: bytes | None = None

    def take(self, item: Frame | Setup) -> Iterator[Part]:
        if isinstance(item, Setup):
            self._set_up(item)
        elif self.init is not None and item.video:
            yield from self._picture(item)
        elif self.init is not None:
            self._audio.append(item)

    def finish(self) -> Iterator[Part]:
        """What is left when the frames have ended: the last part, of a segment that may be short."""
        if self._number is not None and self._video:
            yield self._close(self._seen_at + self._interval, last=True)
            self._number = None

    def _set_up(self, setup: Setup) -> None:
        if setup.video:
            self._avc = setup.data
        else:
            self._aac = setup.data
        if self._avc is not None and (self._aac is not None or not self._has_audio):
            self.init = cmaf.init(*self._size, self._avc, self._aac if self._has_audio else None)

    def _picture(self, frame: Frame) -> Iterator[Part]:
        number, phase = self._place(frame) if frame.key else (None, 0)
        if number is not None and (self._number is None or number > self._number):
            if self._number is not None:
                yield self._close(frame.at, last=True)
            self._number, self._phase, self._index, self._segment_at = number, phase, 0, frame.at
            self._begin(frame.at)
        elif self._number is None:
            return
        elif frame.at - self._segment_at >= (self._index + 1) * self._part:
            yield self._close(frame.at, last=False)
            self._index += 1
            self._begin(frame.at)
        self._video.append(frame)
        self._interval, self._seen_at = max(frame.at - self._seen_at, 1) if self._seen_at else 1, frame.at

    def _place(self, frame: Frame) -> tuple[int, int]:
        """Which segment a key frame can begin, and how far (ms) it is off its place."""
        off = frame.at + frame.later - self._start.stream_time
        steps = (off + self._fragment // 4) // self._fragment
        return self._start.number + steps, off - steps * self._fragment

    def _begin(self, at: int) -> None:
        self._part_at, self._video = at, []
        self._audio = [each for each in self._audio if each.at >= at]

    def _close(self, end: int, *, last: bool) -> Part:
        assert self._number is not None
        sounds = [each for each in self._audio if each.at < end]
        runs = [self._pictures(end), *([self._sounds(sounds)] if sounds else [])]
        count = self._number * max(self._fragment // self._part, 1) + self._index
        return Part(
            number=self._number,
            index=self._index,
            seconds=(end - self._part_at) / 1000,
            independent=self._video[0].key,
            last=last,
            phase=self._phase,
            data=cmaf.part(count, runs),
        )

    def _pictures(self, end: int) -> cmaf.Run:
        scale = cmaf.VIDEO_SCALE // 1000
        times = [*(each.at for each in self._video), end]
        samples = [
            cmaf.Sample((after - each.at) * scale, each.later * scale, each.key, each.data)
            for each, after in zip(self._video, times[1:], strict=True)
        ]
        return cmaf.Run(True, (times[0] + self._start.media_offset) * scale, samples)

    def _sounds(self, sounds: list[Frame]) -> cmaf.Run:
        """Times to the sample; how long the last one sounds is not known yet, so it is as long as AAC's frames are."""
        assert self._aac is not None
        rate = cmaf.sample_rate(self._aac)
        times = [(each.at + self._start.media_offset) * rate // 1000 for each in sounds]
        lengths = [*(after - at for at, after in itertools.pairwise(times)), _AAC_FRAME]
        samples = [cmaf.Sample(length, 0, True, each.data) for each, length in zip(sounds, lengths, strict=True)]
        return cmaf.Run(False, times[0], samples)
