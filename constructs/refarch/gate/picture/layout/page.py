"""The page: all of it in points, ready to be drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from refarch.gate.picture.layout.bands import Bands, bands
from refarch.gate.picture.layout.bundles import Bundle, Item, Lane, Piece, Routes, routes
from refarch.gate.picture.layout.columns import columns
from refarch.gate.picture.layout.heights import Extent, heights
from refarch.gate.picture.layout.order import ordered
from refarch.gate.picture.layout.ports import LEFT, RIGHT, Port, Ports
from refarch.gate.picture.layout.sizes import (
    BOX_HEIGHT,
    BOX_WIDTH,
    CURVE,
    GAP,
    HEADER,
    LABEL_SIZE,
    LANE_HEIGHT,
    PADDING,
    TITLE_LINE,
    label_text,
    title_lines,
    width_of,
)
from refarch.gate.picture.model import Cluster, Diagram, Node, Strength


@dataclass(frozen=True)
class Box:
    """A box in its place."""

    node: Node
    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Frame:
    """A frame in its place."""

    cluster: Cluster
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Line:
    """A part of an arrow: straight to `bend[0]`, curved to `bend[1]`, straight on. `head` where it arrives, and how."""

    start: tuple[float, float]
    bend: tuple[float, float]
    end: tuple[float, float]
    strength: Strength
    head: int = 0
    """0 none, 1 at the end, -1 at the start."""


@dataclass(frozen=True)
class Text:
    """A label of an arrow; y is the base line."""

    x: float
    y: float
    anchor: str
    text: str
    full: str
    strength: Strength

    @property
    def area(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        width = width_of(self.text, LABEL_SIZE)
        left = self.x if self.anchor == "start" else self.x - width
        return left, self.y - LABEL_SIZE, left + width, self.y + 2.5


@dataclass
class Page:
    """Everything with its place; top left is anywhere."""

    boxes: list[Box] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)


@dataclass(frozen=True)
class _Across:
    """Left edge of each column, and the room for labels left and right of it."""

    x: Mapping[int, float]
    left: Mapping[int, float]
    right: Mapping[int, float]


def lay_out(diagram: Diagram) -> Page:
    """Places everything."""
    column = columns(diagram.nodes, diagram.flows)
    _spread(diagram, column)
    found = routes(diagram.flows, column)
    where = bands(diagram.nodes, diagram.clusters, found, column)
    items: dict[int, list[Item]] = defaultdict(list)
    for name, each in column.items():
        items[each].append(name)
    for lane in found.lanes:
        items[lane.column].append(lane)
    order = ordered(items, found.pieces, where.of)
    ports = Ports(found, frozenset(each.id for each in diagram.nodes if len(title_lines(each.title)) > 1))
    placed = heights(order, ports, where, diagram.clusters)
    across = _across(sorted(order), found, column, where)
    page = Page()
    nodes = {each.id: each for each in diagram.nodes}
    page.boxes = [
        Box(nodes[name], across.x[each], placed.tops[name], ports.height(name)) for name, each in column.items()
    ]
    page.frames = _frames(diagram, column, across, placed.frames)
    _draw_arrows(page, found, ports, placed.tops, across, column)
    _put_the_rest(page, [each for each in diagram.nodes if each.id not in column], ports)
    return page


def _spread(diagram: Diagram, column: dict[str, int]) -> None:
    """Boxes of frames that have no arrow: into the columns of their VPC, where it is emptiest."""
    loose = [each for each in diagram.nodes if each.cluster and each.id not in column]
    framed = [column[each.id] for each in diagram.nodes if each.cluster and each.id in column]
    wide = range(min(framed), max(framed) + 1) if framed else range(min(4, max(1, len(loose))))
    held: dict[tuple[str, int], int] = defaultdict(int)
    for each in diagram.nodes:
        if each.id in column:
            held[each.cluster, column[each.id]] += 1
    for each in loose:
        best = min(wide, key=lambda index: (held[each.cluster, index], index))
        column[each.id] = best
        held[each.cluster, best] += 1


def _across(order: list[int], found: Routes, column: Mapping[str, int], where: Bands) -> _Across:
    left, right, turning = _rooms(found, column)
    made: dict[int, float] = {}
    x = 0.0
    for each in order:
        frame = 3 * PADDING if each in (where.span[0], where.span[1] + 1) else 0.0
        turn = CURVE + min(70.0, 3.0 * turning[each - 1]) if made else 0.0
        x += turn + frame + left[each]
        made[each] = x
        x += BOX_WIDTH + right[each]
    return _Across(made, left, right)


def _rooms(found: Routes, column: Mapping[str, int]) -> tuple[dict[int, float], dict[int, float], dict[int, int]]:
    left: dict[int, float] = defaultdict(float)
    right: dict[int, float] = defaultdict(float)
    for each in found.bundles:
        room = right if each.leftwards else left
        at = column[each.target]
        room[at] = max(room[at], width_of(label_text(each.label), LABEL_SIZE) + 20.0)
    turning: dict[int, int] = defaultdict(int)
    for piece in found.pieces:
        turning[_column(piece.left, column)] += 1
    return left, right, turning


def _column(item: Item, column: Mapping[str, int]) -> int:
    return item.column if isinstance(item, Lane) else column[item]


def _frames(diagram: Diagram, column: Mapping[str, int], across: _Across, extents: Mapping[str, Extent]) -> list[Frame]:
    made = []
    for each in diagram.clusters:
        root = each.parent or each.id
        held = [column[node.id] for node in diagram.nodes if root in (node.cluster, node.cluster.partition("/")[0])]
        if not held or each.id not in extents:
            continue
        first, last = min(held), max(held)
        pad = PADDING if each.parent else 2 * PADDING
        x = across.x[first] - across.left[first] - pad
        width = across.x[last] + BOX_WIDTH + across.right[last] + pad - x
        made.append(Frame(each, x, extents[each.id].low, width, extents[each.id].high - extents[each.id].low))
    return made


def _draw_arrows(
    page: Page,
    found: Routes,
    ports: Ports,
    tops: Mapping[Item, float],
    across: _Across,
    column: Mapping[str, int],
) -> None:
    def height(end: Port | Lane) -> float:
        return tops[end if isinstance(end, Lane) else end[0]] + ports.offset(end)

    for piece in found.pieces:
        bundle = found.bundles[piece.bundle]
        left, right = ports.ends(piece)
        page.lines.append(_line(piece, bundle, height(left), height(right), across, column))
    for lane in found.lanes:
        y, x = tops[lane] + LANE_HEIGHT / 2, across.x[lane.column]
        page.lines.append(Line((x, y), (x, x), (x + BOX_WIDTH, y), found.bundles[lane.bundle].strength))
    for bundle in found.bundles:
        if bundle.label:
            side = RIGHT if bundle.leftwards else LEFT
            y = height((bundle.target, side, bundle.number)) - 4.0
            x = across.x[column[bundle.target]] + (BOX_WIDTH + 12.0 if bundle.leftwards else -12.0)
            anchor = "start" if bundle.leftwards else "end"
            page.texts.append(Text(x, y, anchor, label_text(bundle.label), bundle.label, bundle.strength))


def _line(piece: Piece, bundle: Bundle, start: float, end: float, across: _Across, column: Mapping[str, int]) -> Line:
    one, other = _column(piece.left, column), _column(piece.right, column)
    x1, x2 = across.x[one] + BOX_WIDTH, across.x[other]
    head = 0
    if bundle.target == (piece.left if bundle.leftwards else piece.right):
        head = -1 if bundle.leftwards else 1
    bend = (x1 + across.right[one], x2 - across.left[other])
    return Line((x1, start), bend, (x2, end), bundle.strength, head)


def _put_the_rest(page: Page, nodes: list[Node], ports: Ports) -> None:
    """Boxes with no arrow and no frame: in rows below everything."""
    edges = [(each.x, each.x + BOX_WIDTH, each.y + each.height) for each in page.boxes]
    edges += [(each.x, each.x + each.width, each.y + each.height) for each in page.frames]
    left = min((each[0] for each in edges), default=0.0)
    right = max((each[1] for each in edges), default=0.0)
    top = max((each[2] for each in edges), default=-HEADER) + HEADER + GAP / 2
    top = max([top, *(each.start[1] + HEADER for each in page.lines), *(each.end[1] + HEADER for each in page.lines)])
    wide = max(min(4, len(nodes)), int((right - left + GAP) // (BOX_WIDTH + GAP)))
    for index, node in enumerate(sorted(nodes, key=lambda each: (each.type, each.title, each.id))):
        row, place = divmod(index, max(1, wide))
        y = top + row * (BOX_HEIGHT + TITLE_LINE + GAP)
        page.boxes.append(Box(node, left + place * (BOX_WIDTH + GAP), y, ports.height(node.id)))
