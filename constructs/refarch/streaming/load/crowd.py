"""Many viewers at once, each a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from refarch.streaming.load.client import Answer
from refarch.streaming.load.report import Report, Sample, summarize
from refarch.streaming.load.viewer import Viewer


@dataclass(frozen=True, kw_only=True)
class Load:
    """How many viewers, for how long. Viewers come in evenly over `ramp_seconds`; `seconds` counts from the first.

    `rendition`: "spread" gives the first viewer the best one, the next the second and so on; "best" and "lowest".
    """

    viewers: int
    seconds: float
    ramp_seconds: float = 0.0
    rendition: str = "spread"
    every: float = 1.0
    timeout: float = 5.0


POST = Load(viewers=150, seconds=180.0, ramp_seconds=15.0)
"""The lab of the post's workshop: 150 clients, in over 15 seconds, for three minutes."""
RENDITIONS = ("spread", "best", "lowest")


def run(url: str, load: Load, progress: Callable[[int, int, int], None] | None = None) -> Report:
    """Let the crowd watch `url` and report. `progress` gets viewers, requests and errors, about once a second."""
    samples: list[Sample] = []
    stop = threading.Event()

    def note(kind: str, answer: Answer) -> None:
        length = len(answer.body)
        samples.append(Sample(kind, answer.status, answer.seconds, length, answer.from_cache, answer.problem))

    viewers = [
        Viewer(url, note, rendition=_rendition(load, i), every=load.every, timeout=load.timeout)
        for i in range(load.viewers)
    ]
    threads = [threading.Thread(target=each.watch, args=(stop,), daemon=True) for each in viewers]
    began = time.monotonic()
    _come_and_stay(threads, load, began, lambda: _tell(progress, threads, samples))
    stop.set()
    seconds = time.monotonic() - began
    for thread in threads:
        thread.join(load.timeout * 2 + load.every)
    tracks = [track for each in viewers for track in each.tracks.values()]
    return summarize(
        list(samples),
        viewers=load.viewers,
        seconds=seconds,
        skipped=sum(track.gaps for track in tracks),
        regressions=sum(track.regressions for track in tracks),
    )


def _come_and_stay(threads: list[threading.Thread], load: Load, began: float, tell: Callable[[], None]) -> None:
    """Start the viewers evenly over the ramp; stay until the time is over, or all have seen the end of the event."""
    pause = load.ramp_seconds / len(threads)
    for thread in threads:
        thread.start()
        time.sleep(pause)
    while time.monotonic() < began + load.seconds and any(thread.is_alive() for thread in threads):
        tell()
        time.sleep(min(1.0, max(began + load.seconds - time.monotonic(), 0.0)))


def _tell(
    progress: Callable[[int, int, int], None] | None, threads: list[threading.Thread], samples: list[Sample]
) -> None:
    if progress is not None:
        errors = sum(each.status != 200 for each in list(samples))
        progress(sum(thread.is_alive() for thread in threads), len(samples), errors)


def _rendition(load: Load, viewer: int) -> int:
    return {"spread": viewer, "best": 0, "lowest": -1}[load.rendition]
