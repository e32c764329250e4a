"""How old pictures are: segments are decoded, and the clock that the encoder burnt into each picture is read back."""

from __future__ import annotations

import subprocess
from typing import Final

from benchmarks.streaming_systems import HEIGHT, WIDTH
from refarch.streaming.data_plane.burnt_clock import PERIOD_MS, clock_row, read

ROW: Final = clock_row(WIDTH, HEIGHT)
DECODE: Final = (
    *("/usr/bin/ffmpeg", "-v", "error", "-nostdin", "-f", "mpegts", "-i", "pipe:0", "-fps_mode", "passthrough"),
    *("-vf", f"format=gray,crop={WIDTH}:1:0:{ROW}", "-f", "rawvideo", "pipe:1"),
)


def drawn(segment: bytes) -> list[int]:
    """When each picture of a passed-through segment was drawn: milliseconds modulo `PERIOD_MS`, in order."""
    made = subprocess.run([*DECODE], input=segment, capture_output=True, check=True)
    return clocks(made.stdout)


def clocks(rows: bytes) -> list[int]:
    """The clocks in rows of WIDTH pixels; a picture without one is left out."""
    found = (read(rows[at : at + WIDTH]) for at in range(0, len(rows), WIDTH))
    return [each for each in found if each is not None]


def age(at: float, picture: int) -> float:
    """Seconds from when `picture` was drawn until `at` (seconds since the epoch). The clock wraps after 2.9 hours."""
    return (at * 1000 - picture) % PERIOD_MS / 1000


def between(earlier: int, later: int) -> float:
    """Seconds from one picture to another, negative where the other is the older one."""
    return ((later - earlier + PERIOD_MS // 2) % PERIOD_MS - PERIOD_MS // 2) / 1000
