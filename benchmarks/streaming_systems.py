"""What all servers that are compared have in common, and the picture that all of them get."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from refarch.streaming.data_plane.ladder import Rung
from rehearsals.streaming_processes import Group

WIDTH, HEIGHT, FPS, KILOBITS = 640, 320, 25, 900
"""Of the one encoder that feeds all: a small sphere, so that two cores carry all of them at once."""
RUNGS: Final = (Rung(480, 400), Rung(320, 250))
RENDITIONS: Final = len(RUNGS) + 1
"""The encoder's own, passed through, comes first."""
STREAM: Final = "demo"
FIXTURES: Final = Path(__file__).parent / "streaming_fixtures"


@dataclass(frozen=True)
class System:
    """One that runs. `master` is empty where it writes no master playlist.

    `playlists`: address of each rendition's, the passed-through first. `origin` takes the stream and packages it,
    `edge` answers viewers; one program may be both. `origin_logs`: access logs of all its origins.
    """

    name: str
    master: str
    playlists: tuple[str, ...]
    origin: Group
    edge: Group
    publish: tuple[str, ...]
    origin_logs: tuple[Path, ...] = ()


def height_of(rung: Rung) -> int:
    """With the source's aspect."""
    return rung.width * HEIGHT // WIDTH
