"""Tops of all items: bands first, then the rows in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from refarch.gate.picture.layout.bands import ABOVE, FREE, Bands
from refarch.gate.picture.layout.bundles import Item, Lane
from refarch.gate.picture.layout.ports import Port, Ports
from refarch.gate.picture.layout.rows import height_of, settle, within
from refarch.gate.picture.layout.sizes import GAP, HEADER, PADDING
from refarch.gate.picture.model import Cluster

_ROUNDS = 10
_LANE_WEIGHT, _BOX_WEIGHT = 2.0, 1.0


@dataclass(frozen=True)
class Extent:
    """From and to, downwards."""

    low: float
    high: float


@dataclass
class Heights:
    """Tops by item, and the extents of frames by id (with their title and padding)."""

    tops: dict[Item, float]
    frames: Mapping[str, Extent]


def heights(order: Mapping[int, Sequence[Item]], ports: Ports, bands: Bands, clusters: Sequence[Cluster]) -> Heights:
    """Lays the bands one below the other, then lets every column settle some rounds."""
    groups = _groups(order, bands)
    inner, frames = _extents(groups, ports, bands, clusters)
    tops = {item: top for (_, band), items in groups.items() for item, top in _first(items, ports, inner[band])}
    made = Heights(tops, frames)
    for each in range(_ROUNDS):
        _round(made, groups, ports, inner, rightwards=each % 2 == 0)
        ports.sort(lambda end: tops[_item(end)] + ports.offset(end))
    return made


def _groups(order: Mapping[int, Sequence[Item]], bands: Bands) -> dict[tuple[int, int], list[Item]]:
    found: dict[tuple[int, int], list[Item]] = defaultdict(list)
    for column in sorted(order):
        for item in order[column]:
            found[column, bands.of[item]].append(item)
    return found


def _extents(
    groups: Mapping[tuple[int, int], Sequence[Item]], ports: Ports, bands: Bands, clusters: Sequence[Cluster]
) -> tuple[dict[int, Extent], dict[str, Extent]]:
    """What each band may hold, and the frames drawn around them."""
    needed: dict[int, float] = defaultdict(float)
    for (_, band), items in groups.items():
        needed[band] = max(needed[band], height_of([ports.height(each) for each in items], GAP))
    far = 1e7
    inner, frames, y = {FREE: Extent(-far, far), ABOVE: Extent(-far, -GAP)}, {}, 0.0
    for root in (each for each in clusters if not each.parent):
        start = y
        y += HEADER + PADDING
        for frame in (each for each in clusters if root.id in (each.id, each.parent) and each.id in bands.frames):
            band, top = bands.frames.index(frame.id), y
            y += HEADER + PADDING if frame.parent else 0.0
            inner[band] = Extent(y, y + needed[band])
            y += needed[band] + PADDING
            if frame.parent:
                frames[frame.id] = Extent(top, y)
                y += PADDING
        frames[root.id] = Extent(start, y)
        y += GAP
    inner[bands.below] = Extent(y, far)
    return inner, frames


def _first(items: Sequence[Item], ports: Ports, extent: Extent) -> list[tuple[Item, float]]:
    sizes = [ports.height(each) for each in items]
    total = height_of(sizes, GAP)
    base = extent.high - total if extent.low < -1e6 < extent.high < 1e6 else extent.low
    base = -total / 2 if base < -1e6 else base
    tops, y = [], base
    for size in sizes:
        tops.append(y)
        y += size + GAP
    return list(zip(items, tops, strict=True))


def _round(
    made: Heights,
    groups: Mapping[tuple[int, int], Sequence[Item]],
    ports: Ports,
    inner: Mapping[int, Extent],
    *,
    rightwards: bool,
) -> None:
    links = _links(ports)
    for (_, band), items in sorted(groups.items(), key=lambda each: each[0], reverse=not rightwards):
        sizes = [ports.height(each) for each in items]
        wanted = [_wanted(item, made.tops, links, ports) for item in items]
        weights = [_LANE_WEIGHT if isinstance(each, Lane) else _BOX_WEIGHT for each in items]
        tops = settle(wanted, sizes, weights, GAP)
        placed = within(tops, sizes, GAP, inner[band].low, inner[band].high)
        made.tops.update(zip(items, placed, strict=True))


def _item(end: Port | Lane) -> Item:
    return end if isinstance(end, Lane) else end[0]


def _links(ports: Ports) -> dict[Item, list[tuple[Port | Lane, Port | Lane]]]:
    found: dict[Item, list[tuple[Port | Lane, Port | Lane]]] = defaultdict(list)
    for each in ports.routes.pieces:
        left, right = ports.ends(each)
        found[_item(left)].append((left, right))
        found[_item(right)].append((right, left))
    return found


def _wanted(
    item: Item,
    tops: Mapping[Item, float],
    links: Mapping[Item, Sequence[tuple[Port | Lane, Port | Lane]]],
    ports: Ports,
) -> float:
    found = [tops[_item(far)] + ports.offset(far) - ports.offset(near) for near, far in links.get(item, ())]
    return sum(found) / len(found) if found else tops[item]
