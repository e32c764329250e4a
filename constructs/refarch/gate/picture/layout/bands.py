"""Bands: frames lie one below the other; what is in no frame is above, below or beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from refarch.gate.picture.layout.bundles import Item, Lane, Routes
from refarch.gate.picture.model import Cluster, Node

ABOVE, FREE = -1, -2


@dataclass(frozen=True)
class Bands:
    """Band of each item: `FREE` beside the frames, `ABOVE` them, its frame's number, or `below` them."""

    of: Mapping[Item, int]
    frames: tuple[str, ...]
    """Ids of the frames that hold boxes, from top to bottom."""
    span: tuple[int, int]
    """First and last column with a frame; (0, -1) where there is none."""

    @property
    def below(self) -> int:
        """The band under the last frame."""
        return len(self.frames)


def bands(nodes: Sequence[Node], clusters: Sequence[Cluster], routes: Routes, column: Mapping[str, int]) -> Bands:
    """Where each box and lane belongs."""
    used = {each.cluster for each in nodes if each.cluster}
    frames = tuple(each.id for each in clusters if each.id in used)
    number = {each: index for index, each in enumerate(frames)}
    own = {each.id: number[each.cluster] for each in nodes if each.cluster in number}
    columns = [column[each] for each in own if each in column]
    span = (min(columns), max(columns)) if columns else (0, -1)
    made = _boxes(nodes, own, routes, column, span, len(frames))
    items: dict[Item, int] = dict(made.items())
    for lane in routes.lanes:
        items[lane] = _lane(lane, routes, made, own, column, span, len(frames))
    return Bands(items, frames, span)


def _boxes(
    nodes: Sequence[Node],
    own: Mapping[str, int],
    routes: Routes,
    column: Mapping[str, int],
    span: tuple[int, int],
    below: int,
) -> dict[str, int]:
    near: dict[str, list[int]] = {}
    for bundle in routes.bundles:
        for one, other in (
            (a, b) for each in bundle.sources for a, b in ((each, bundle.target), (bundle.target, each))
        ):
            if other in own:
                near.setdefault(one, []).append(own[other])
    return {
        each.id: own.get(each.id, _outside(column[each.id], near.get(each.id, ()), span, below))
        for each in nodes
        if each.id in column
    }


def _outside(column: int, near: Iterable[int], span: tuple[int, int], below: int) -> int:
    if not span[0] <= column <= span[1]:
        return FREE
    bands = list(near)
    return ABOVE if bands and sum(bands) / len(bands) < (below - 1) / 2 else below


def _lane(
    lane: Lane,
    routes: Routes,
    made: Mapping[str, int],
    own: Mapping[str, int],
    column: Mapping[str, int],
    span: tuple[int, int],
    below: int,
) -> int:
    """Through the frame of an end that is in one; else round the frames, on the side of an end that is there."""
    if not span[0] <= lane.column <= span[1]:
        return FREE
    bundle = routes.bundles[lane.bundle]
    ends = (bundle.target, *bundle.sources)
    framed = [own[each] for each in ends if each in own]
    if framed:
        return framed[0]
    return next((made[each] for each in ends if made[each] != FREE), below)
