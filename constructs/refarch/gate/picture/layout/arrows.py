"""Arrows in their places: the lines of every piece and lane, and one label a bundle."""

from __future__ import annotations

from collections.abc import Mapping

from refarch.gate.picture.layout.across import Across, column_of
from refarch.gate.picture.layout.bundles import Bundle, Item, Lane, Piece, Routes
from refarch.gate.picture.layout.ports import LEFT, RIGHT, Port, Ports
from refarch.gate.picture.layout.shapes import Line, Page, Text
from refarch.gate.picture.layout.sizes import LANE_HEIGHT, label_text


def draw_arrows(
    page: Page,
    found: Routes,
    ports: Ports,
    tops: Mapping[Item, float],
    across: Across,
    column: Mapping[str, int],
) -> None:
    """Puts lines and labels of all bundles on the page."""

    def height(end: Port | Lane) -> float:
        return tops[end if isinstance(end, Lane) else end[0]] + ports.offset(end)

    for piece in found.pieces:
        bundle = found.bundles[piece.bundle]
        left, right = ports.ends(piece)
        page.lines.append(_line(piece, bundle, height(left), height(right), across, column))
    for lane in found.lanes:
        y, x = tops[lane] + LANE_HEIGHT / 2, across.x[lane.column]
        page.lines.append(Line((x, y), (x, x), (across.end(lane.column), y), found.bundles[lane.bundle].strength))
    for bundle in found.bundles:
        if bundle.label:
            side = RIGHT if bundle.leftwards else LEFT
            y = height((bundle.target, side, bundle.number)) - 4.0
            at = column[bundle.target]
            x = across.end(at) + 12.0 if bundle.leftwards else across.x[at] - 12.0
            anchor = "start" if bundle.leftwards else "end"
            page.texts.append(Text(x, y, anchor, label_text(bundle.label), bundle.label, bundle.strength))


def _line(piece: Piece, bundle: Bundle, start: float, end: float, across: Across, column: Mapping[str, int]) -> Line:
    one, other = column_of(piece.left, column), column_of(piece.right, column)
    x1, x2 = across.end(one), across.x[other]
    head = 0
    if bundle.target == (piece.left if bundle.leftwards else piece.right):
        head = -1 if bundle.leftwards else 1
    bend = (x1 + across.right[one], x2 - across.left[other])
    return Line((x1, start), bend, (x2, end), bundle.strength, head)
