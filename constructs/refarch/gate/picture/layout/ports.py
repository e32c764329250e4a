"""Where arrows leave and reach a box: one port for all that leave at a side, one for each bundle that arrives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from refarch.gate.picture.layout.bundles import Item, Lane, Piece, Routes
from refarch.gate.picture.layout.sizes import BOX_HEIGHT, LANE_HEIGHT, PORT, TITLE_LINE

LEFT, RIGHT = "left", "right"
_OUT = -1
"""The port at which arrows leave; bundles that arrive have their number."""
_EDGE = 15.0
"""Above the first port: half a line of text and air."""

Port = tuple[str, str, int]
"""Box, side, bundle or `_OUT`."""


@dataclass
class Ports:
    """Ports by box and side, from top to bottom."""

    routes: Routes
    tall: frozenset[str] = frozenset()
    """Boxes with a title of two lines."""
    sides: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in self.routes.pieces:
            for end in self.ends(each):
                if not isinstance(end, Lane):
                    found = self.sides.setdefault(end[:2], [])
                    if end[2] not in found:
                        found.append(end[2])

    def ends(self, piece: Piece) -> tuple[Port | Lane, Port | Lane]:
        """Both ends of a piece: a lane, or a port of a box."""
        leftwards = self.routes.bundles[piece.bundle].leftwards
        left: Port | Lane = (
            piece.left if isinstance(piece.left, Lane) else (piece.left, RIGHT, piece.bundle if leftwards else _OUT)
        )
        right: Port | Lane = (
            piece.right if isinstance(piece.right, Lane) else (piece.right, LEFT, _OUT if leftwards else piece.bundle)
        )
        return left, right

    def height(self, item: Item) -> float:
        """Height of a box with as many ports, or of a lane."""
        if isinstance(item, Lane):
            return LANE_HEIGHT
        most = max(len(self.sides.get((item, side), ())) for side in (LEFT, RIGHT))
        lines = TITLE_LINE if item in self.tall else 0.0
        return max(BOX_HEIGHT + lines, 2 * _EDGE + PORT * (most - 1))

    def offset(self, end: Port | Lane) -> float:
        """From the top of its item down to the port."""
        if isinstance(end, Lane):
            return LANE_HEIGHT / 2
        box, side, number = end
        here = self.sides[box, side]
        return (self.height(box) - PORT * (len(here) - 1)) / 2 + PORT * here.index(number)

    def sort(self, y_of: Callable[[Port | Lane], float]) -> None:
        """Ports in the order of what they lead to, so that arrows do not cross before the box."""
        others: Mapping[Port, list[float]] = defaultdict(list)
        for each in self.routes.pieces:
            left, right = self.ends(each)
            for end, other in ((left, right), (right, left)):
                if not isinstance(end, Lane):
                    others[end].append(y_of(other))
        for (box, side), here in self.sides.items():
            here.sort(key=lambda number: (_mean(others[box, side, number]), number))


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0
