"""The page: all of it in points, ready to be drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from refarch.gate.picture.layout.across import Across, across
from refarch.gate.picture.layout.arrows import draw_arrows
from refarch.gate.picture.layout.bands import bands
from refarch.gate.picture.layout.bundles import Item, routes
from refarch.gate.picture.layout.columns import columns
from refarch.gate.picture.layout.heights import Extent, heights
from refarch.gate.picture.layout.order import ordered
from refarch.gate.picture.layout.ports import Ports
from refarch.gate.picture.layout.shapes import Box, Frame, Page
from refarch.gate.picture.layout.sizes import BOX_HEIGHT, BOX_WIDTH, GAP, HEADER, PADDING, TITLE_LINE, title_lines
from refarch.gate.picture.model import Diagram, Node


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
    where_x = across(sorted(order), diagram.nodes, found, column, where)
    page = Page()
    nodes = {each.id: each for each in diagram.nodes}
    page.boxes = [
        Box(nodes[name], where_x.x[each], placed.tops[name], where_x.width[each], ports.height(name))
        for name, each in column.items()
    ]
    page.frames = _frames(diagram, column, where_x, placed.frames)
    draw_arrows(page, found, ports, placed.tops, where_x, column)
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


def _frames(
    diagram: Diagram, column: Mapping[str, int], columns_at: Across, extents: Mapping[str, Extent]
) -> list[Frame]:
    made = []
    for each in diagram.clusters:
        root = each.parent or each.id
        held = [column[node.id] for node in diagram.nodes if root in (node.cluster, node.cluster.partition("/")[0])]
        if not held or each.id not in extents:
            continue
        first, last = min(held), max(held)
        pad = PADDING if each.parent else 2 * PADDING
        x = columns_at.x[first] - columns_at.left[first] - pad
        width = columns_at.end(last) + columns_at.right[last] + pad - x
        made.append(Frame(each, x, extents[each.id].low, width, extents[each.id].high - extents[each.id].low))
    return made


def _put_the_rest(page: Page, nodes: list[Node], ports: Ports) -> None:
    """Boxes with no arrow and no frame: in rows below everything."""
    edges = [(each.x, each.x + each.width, each.y + each.height) for each in page.boxes]
    edges += [(each.x, each.x + each.width, each.y + each.height) for each in page.frames]
    left = min((each[0] for each in edges), default=0.0)
    right = max((each[1] for each in edges), default=0.0)
    top = max((each[2] for each in edges), default=-HEADER) + HEADER + GAP / 2
    top = max([top, *(each.start[1] + HEADER for each in page.lines), *(each.end[1] + HEADER for each in page.lines)])
    wide = max(min(4, len(nodes)), int((right - left + GAP) // (BOX_WIDTH + GAP)))
    for index, node in enumerate(sorted(nodes, key=lambda each: (each.type, each.title, each.id))):
        row, place = divmod(index, max(1, wide))
        y = top + row * (BOX_HEIGHT + TITLE_LINE + GAP)
        page.boxes.append(Box(node, left + place * (BOX_WIDTH + GAP), y, BOX_WIDTH, ports.height(node.id)))
