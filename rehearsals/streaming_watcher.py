"""A strict viewer: follows all renditions through the edge, four looks a second, and forgets nothing."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from pathlib import Path
from types import TracebackType

from refarch.streaming.load.client import Answer
from refarch.streaming.load.viewer import Track, Viewer
from rehearsals.streaming_processes import wait_for


class Watcher:
    """Watches while the block runs."""

    def __init__(self, url: str) -> None:
        self.answers: list[tuple[str, Answer]] = []
        self._times: list[float] = []
        self._stop = threading.Event()
        self._viewer = Viewer(url, self._note, rendition=None, every=0.25)
        self._thread = threading.Thread(target=self._viewer.watch, args=(self._stop,), daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        self.see(2)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(15)

    @property
    def tracks(self) -> dict[str, Track]:
        return self._viewer.tracks

    @property
    def failures(self) -> list[str]:
        """Since the first playlist: before, there was nothing to watch."""
        first = next((i for i, (_, each) in enumerate(self.answers) if each.ok), 0)
        return [f"{each.status} {each.problem} {each.url}" for _, each in self.answers[first:] if not each.ok]

    @property
    def slowest(self) -> float:
        return max(each.seconds for _, each in self.answers)

    @property
    def longest_wait(self) -> float:
        """Seconds between two new segments of one rendition, at most: beyond a player's buffer, pictures stop."""
        worst = 0.0
        for url in self.tracks:
            stem = url.rpartition("/")[0]
            times = [at for at, each in self._segments() if each.url.startswith(stem)]
            worst = max([worst, *(b - a for a, b in itertools.pairwise(times[3:]))])
        return worst

    def see(self, more: int, seconds: float = 40.0) -> None:
        """Wait until every rendition has so many segments more."""
        goals = {url: len(track.numbers) + more for url, track in self.tracks.items()}

        def reached() -> bool:
            tracks = self.tracks
            return bool(tracks) and all(len(tracks[url].numbers) >= goals.get(url, more) for url in tracks)

        wait_for(f"{more} more segments", reached, seconds)

    def handled_by(self) -> str:
        """Which origin the newest playlist came from."""
        said = [each.headers.get("x-media-handled-by", "") for kind, each in self.answers[-40:] if kind == "playlist"]
        return said[-1] if said else ""

    def until_handled_by(self, origin: str, seconds: float = 60.0) -> None:
        wait_for(f"a playlist of {origin}", lambda: self.handled_by() == origin, seconds)

    def verdict(self) -> dict[str, object]:
        """What must be nothing: failures, media skipped, playlists that went back."""
        return {
            "failures": self.failures[:5],
            "skipped": {url: track.gaps for url, track in self.tracks.items() if track.gaps},
            "went back": {url: track.regressions for url, track in self.tracks.items() if track.regressions},
        }

    def _segments(self) -> list[tuple[float, Answer]]:
        return [(self._times[i], each) for i, (kind, each) in enumerate(self.answers) if kind == "segment"]

    def _note(self, kind: str, answer: Answer) -> None:
        self._times.append(time.monotonic())
        self.answers.append((kind, answer))


SEGMENTS = (".ts", ".m4s", ".mp4")
CLEAN: dict[str, object] = {"failures": [], "skipped": {}, "went back": {}}


def served_files(run: Path, stream: str, rendition: str) -> dict[str, bytes]:
    """The segments an origin has up, initialization segments too, by name."""
    folder = run / "www" / "hls" / f"{stream}_{rendition}"
    found: dict[str, bytes] = {}
    for path in sorted(folder.glob("*")):
        with contextlib.suppress(FileNotFoundError):  # the oldest go at any time
            found |= {path.name: path.read_bytes()} if path.suffix in SEGMENTS else {}
    return found
