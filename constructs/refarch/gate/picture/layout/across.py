"""Where columns are from left to right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from refarch.gate.picture.layout.bands import Bands
from refarch.gate.picture.layout.bundles import Item, Lane, Routes
from refarch.gate.picture.layout.sizes import (
    BOX_WIDTH,
    CURVE,
    LABEL_SIZE,
    LEAST_BOX,
    PADDING,
    SMALL_SIZE,
    TEXT_LEFT,
    TITLE_SIZE,
    label_text,
    title_lines,
    width_of,
)
from refarch.gate.picture.model import Node


@dataclass(frozen=True)
class Across:
    """Left edge and width of each column, and the room for labels left and right of it."""

    x: Mapping[int, float]
    width: Mapping[int, float]
    left: Mapping[int, float]
    right: Mapping[int, float]

    def end(self, column: int) -> float:
        """Right edge of the boxes of a column."""
        return self.x[column] + self.width[column]


def across(
    order: Sequence[int], nodes: Sequence[Node], found: Routes, column: Mapping[str, int], where: Bands
) -> Across:
    """Columns from left to right: as wide as their boxes, with room for labels and for arrows to turn."""
    left, right, turning = _rooms(found, column)
    wide = _widths(nodes, column)
    made: dict[int, float] = {}
    x = 0.0
    for each in order:
        frame = 3 * PADDING if each in (where.span[0], where.span[1] + 1) else 0.0
        turn = CURVE + min(70.0, 3.0 * turning[each - 1]) if made else 0.0
        x += turn + frame + left[each]
        made[each] = x
        x += wide[each] + right[each]
    return Across(made, {each: wide[each] for each in order}, left, right)


def _widths(nodes: Sequence[Node], column: Mapping[str, int]) -> Mapping[int, float]:
    wide: dict[int, float] = defaultdict(lambda: LEAST_BOX)
    for each in nodes:
        if each.id in column:
            wide[column[each.id]] = max(wide[column[each.id]], box_width(each))
    return wide


def box_width(node: Node) -> float:
    """As wide as its texts, up to `BOX_WIDTH`."""
    widths = [width_of(line, TITLE_SIZE, bold=True) for line in title_lines(node.title)]
    widths.append(width_of(node.subtitle, SMALL_SIZE))
    return min(BOX_WIDTH, max(LEAST_BOX, TEXT_LEFT + max(widths) + 8.0))


def _rooms(found: Routes, column: Mapping[str, int]) -> tuple[dict[int, float], dict[int, float], dict[int, int]]:
    left: dict[int, float] = defaultdict(float)
    right: dict[int, float] = defaultdict(float)
    for each in found.bundles:
        room = right if each.leftwards else left
        at = column[each.target]
        room[at] = max(room[at], width_of(label_text(each.label), LABEL_SIZE) + 20.0)
    turning: dict[int, int] = defaultdict(int)
    for piece in found.pieces:
        turning[column_of(piece.left, column)] += 1
    return left, right, turning


def column_of(item: Item, column: Mapping[str, int]) -> int:
    """The column of a box or lane."""
    return item.column if isinstance(item, Lane) else column[item]
