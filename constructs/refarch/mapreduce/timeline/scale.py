"""Where things are on the page, and text on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

WIDTH = 1240.0
GUTTER = 168.0
RIGHT = 20.0
_TICKS = 12


@dataclass(frozen=True, slots=True)
class Scale:
    """Seconds to horizontal position."""

    seconds: float

    def x(self, seconds: float) -> float:
        return GUTTER + (WIDTH - GUTTER - RIGHT) * seconds / self.seconds

    def width(self, seconds: float) -> float:
        return self.x(seconds) - GUTTER

    def ticks(self) -> list[float]:
        """Round times, at most a dozen."""
        step = 10.0 ** math.floor(math.log10(self.seconds / _TICKS))
        step = next(step * factor for factor in (1, 2, 5, 10) if self.seconds / (step * factor) <= _TICKS)
        return [round(step * number, 9) for number in range(math.floor(self.seconds / step) + 1)]


def text(x: float, y: float, words: str, style: str) -> str:
    """A `<text>` element whose baseline begins (or ends, or is centred) at the point."""
    return f'<text x="{x:.2f}" y="{y:.2f}" class="{style}">{escape(words)}</text>'
