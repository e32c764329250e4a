"""A primary origin hangs, dies and comes back, or loses its encoder: the same for ours and the original, at once."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.streaming_scene import Scene
from benchmarks.streaming_witness import Outcome, Witness
from rehearsals.streaming_processes import wait_for

SETTLE_SECONDS: Final = 120.0


@dataclass(frozen=True)
class Event:
    """What befalls both primaries for `during` seconds; viewers are watched for `after` seconds more."""

    name: str
    begin: Callable[[Scene], None]
    end: Callable[[Scene], None]
    during: float
    after: float


def hang(scene: Scene) -> None:
    for system in scene.systems[:2]:
        system.origin.signal(signal.SIGSTOP)


def go_on(scene: Scene) -> None:
    for system in scene.systems[:2]:
        system.origin.signal(signal.SIGCONT)


def cut(scene: Scene) -> None:
    for link in scene.links:
        link.cut()


def heal(scene: Scene) -> None:
    for link in scene.links:
        link.heal()


def kill(scene: Scene) -> None:
    for system in scene.systems[:2]:
        system.origin.kill()


def start(scene: Scene) -> None:
    for system in scene.systems[:2]:
        system.origin.start()


QUICK: Final = (Event("primary hung for 6 s", hang, go_on, 6, 1),)
FULL: Final = (
    Event("primary hung for 20 s", hang, go_on, 20, 20),
    Event("encoder cut off for 30 s", cut, heal, 30, 30),
    Event("primary killed for 15 s", kill, start, 15, 50),
)


def observed(scene: Scene, event: Event, *, thorough: bool) -> list[Outcome]:
    """Ours, and the original's. `thorough`: wait first until both go on evenly, and look at the video afterwards."""
    ours, theirs = scene.systems[:2]
    with Witness(ours) as own, Witness(theirs) as other:
        witnesses = (own, other)
        wait_for("a segment of each rendition", lambda: all(map(_watching, witnesses)), SETTLE_SECONDS)
        if thorough:
            _settle(witnesses)
        began = time.monotonic()
        event.begin(scene)
        try:
            time.sleep(event.during)
        finally:
            event.end(scene)
        time.sleep(event.after)
        ended = time.monotonic()
    return [each.outcome(began, ended, video=thorough) for each in witnesses]


def _watching(witness: Witness) -> bool:
    numbers = witness.numbers()
    return len(numbers) == len(witness.system.playlists) and min(numbers) >= 0


def _settle(witnesses: Sequence[Witness]) -> None:
    """Until every rendition has gone on by two segments."""
    goals = [[number + 2 for number in each.numbers()] for each in witnesses]

    def reached() -> bool:
        pairs = zip(witnesses, goals, strict=True)
        return all(now >= goal for each, wanted in pairs for now, goal in zip(each.numbers(), wanted, strict=True))

    wait_for("two segments more of each rendition", reached, SETTLE_SECONDS)
