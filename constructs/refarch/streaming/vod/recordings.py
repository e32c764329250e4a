"""Both origins record every event, so most events arrive twice, some in pieces. Which are worth a video: a decision.

The key says all there is to know: `recordings/<stream>/<start>_<milliseconds>_<origin>.mp4`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

PREFIX = "recordings/"
PREFERRED = "primary"
TOLERANCE_SECONDS = 2.0
"""The origins begin within about a second of each other, and so they end."""
_KEY = re.compile(
    r"recordings/(?P<stream>[a-z0-9]{1,40})/(?P<start>[0-9]{9,11})_(?P<ms>[0-9]{1,10})_(?P<origin>[a-z0-9]{1,40})\.mp4"
)


@dataclass(frozen=True)
class Recording:
    """`start` in seconds since 1970."""

    stream: str
    start: int
    milliseconds: int
    origin: str

    @property
    def key(self) -> str:
        return f"{self.folder}{self.start}_{self.milliseconds}_{self.origin}.mp4"

    @property
    def folder(self) -> str:
        return f"{PREFIX}{self.stream}/"

    @property
    def end(self) -> float:
        return self.start + self.milliseconds / 1000

    @property
    def event(self) -> str:
        """The name of the event's video."""
        return f"{self.stream}-{self.start}"

    def covers(self, other: Recording) -> bool:
        """Whether whoever has this one misses nothing of the other."""
        early = self.start <= other.start + TOLERANCE_SECONDS
        return self.stream == other.stream and early and self.end >= other.end - TOLERANCE_SECONDS


def parse(key: str) -> Recording | None:
    """None for a key that names no recording."""
    match = _KEY.fullmatch(key)
    return match and Recording(match["stream"], int(match["start"]), int(match["ms"]), match["origin"])


def better(mine: Recording, listed: Iterable[Recording]) -> Recording | None:
    """The recording that makes `mine` superfluous; None where `mine` is to be published.

    The longest wins, the primary's among those as long. Every worker that sees the same list says the same.
    """
    kept: list[Recording] = []
    for each in sorted({mine, *listed}, key=_rank):
        winner = next((one for one in kept if one.covers(each)), None)
        if each == mine:
            return winner
        if winner is None:
            kept.append(each)
    return None


def event_names(mine: Recording, listed: Iterable[Recording]) -> list[str]:
    """The names that the event's video may already have: its own first, then those of what it covers."""
    covered = sorted({each.event for each in listed if mine.covers(each)} - {mine.event})
    return [mine.event, *covered]


def _rank(recording: Recording) -> tuple[float, bool, str]:
    bonus = TOLERANCE_SECONDS if recording.origin == PREFERRED else 0.0
    return -(recording.milliseconds / 1000 + bonus), recording.origin != PREFERRED, recording.key
