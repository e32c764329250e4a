"""What a strict viewer lives through: requests that fail, silence, video that is lost or comes twice."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from benchmarks.streaming_clock import between, drawn
from benchmarks.streaming_systems import FPS, System
from refarch.streaming.data_plane import playlists
from refarch.streaming.load.client import Answer
from refarch.streaming.load.viewer import Viewer
from rehearsals.streaming_processes import get

EVERY: Final = 0.25  # seconds between two looks; a request without an answer fails after 5
BEFORE: Final = 15.0
"""Video that came so many seconds before an event is looked at too: what was lost lies between two segments."""
CUT_SECONDS: Final = 0.2
"""Pictures this far apart are a cut: less is rounding of the burnt clock and the encoder's own pace."""


@dataclass(frozen=True)
class Sample:
    """One request: when it ended (monotonic), what for, whether it was answered well."""

    at: float
    url: str
    ok: bool
    segment: bool = False


@dataclass(frozen=True)
class Outcome:
    """Seconds, but for `failed` and `asked` (requests) and `went_back` (playlists whose numbers went back).

    `silent`: the longest without any good answer. `starved`: the longest without a new segment of a rendition, beyond a
    segment's own length. `lost`, `repeated`: of video, in the passed-through rendition. None: it was not looked at.
    """

    failed: int
    asked: int
    silent: float
    went_back: int
    starved: float | None = None
    lost: float | None = None
    repeated: float | None = None


@dataclass
class Witness:
    """Watches all renditions of one system while the block runs, and does not follow playlists that go back."""

    system: System
    samples: list[Sample] = field(default_factory=list)
    bodies: list[tuple[float, bytes]] = field(default_factory=list)

    def __enter__(self) -> Witness:
        self._stop = threading.Event()
        self.viewer = Viewer(self.system.master, self._note, rendition=None, every=EVERY)
        self._thread = threading.Thread(target=self.viewer.watch, args=(self._stop,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)

    def numbers(self) -> list[int]:
        """The newest segment of each rendition."""
        return [track.numbers[-1] if track.numbers else -1 for track in self.viewer.tracks.values()]

    def _note(self, kind: str, answer: Answer) -> None:
        at = time.monotonic()
        self.samples.append(Sample(at, answer.url, answer.ok, kind == "segment"))
        if kind == "segment" and answer.ok and answer.url.startswith(self.system.playlists[0].rpartition("/")[0]):
            self.bodies.append((at, answer.body))

    def outcome(self, began: float, ended: float, *, video: bool) -> Outcome:
        """Of the time from `began` to `ended`; `video`: also of what was shown, for which segments are decoded."""
        within = [each for each in self.samples if began <= each.at <= ended]
        failed = sum(not each.ok for each in within)
        went_back = sum(track.regressions for track in self.viewer.tracks.values())
        found = Outcome(failed, len(within), silent(self.samples, began, ended), went_back)
        if not video:
            return found
        pictures = [drawn(body) for at, body in self.bodies if began - BEFORE < at <= ended]
        lost, repeated = cuts([each for each in pictures if each])
        fragment = max(each.seconds for each in playlists.parse(get(self.system.playlists[0])[1].decode()))
        return replace(found, starved=starved(self.samples, began, ended, fragment), lost=lost, repeated=repeated)


def silent(samples: Sequence[Sample], began: float, ended: float) -> float:
    """The longest time from one good answer to the next."""
    return _longest([each.at for each in samples if each.ok], began, ended)


def starved(samples: Sequence[Sample], began: float, ended: float, fragment: float) -> float:
    """The longest wait for a new segment in one rendition, less the `fragment` that it takes anyway."""
    good = [each for each in samples if each.ok and each.segment]
    folders = {each.url.rpartition("/")[0] for each in good}
    times = [[each.at for each in good if each.url.rpartition("/")[0] == one] for one in folders]
    waits = [_longest(each, began, ended) for each in times]
    return max(max(waits, default=ended - began) - fragment, 0.0)


def _longest(times: Sequence[float], began: float, ended: float) -> float:
    """Between two of `times`, the last before `began` too; what is still missing at the end counts until `ended`."""
    before = [at for at in times if at < began][-1:] or [began]
    within = [at for at in times if began <= at <= ended]
    return max(b - a for a, b in itertools.pairwise([*before, *within, ended]))


def cuts(pictures: Sequence[Sequence[int]]) -> tuple[float, float]:
    """Seconds of video lost, and shown twice, between segments in the order in which they were fetched."""
    steps = [between(a[-1], b[0]) - 1 / FPS for a, b in itertools.pairwise(pictures)]
    return sum(each for each in steps if each > CUT_SECONDS), -sum(each for each in steps if each < -CUT_SECONDS)
