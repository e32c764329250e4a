"""Bundles: arrows with one target and one label meet on their way and arrive as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from refarch.gate.picture.model import Flow, Strength


@dataclass(frozen=True)
class Lane:
    """A place in a column that an arrow passes through."""

    bundle: int
    column: int


Item = str | Lane
"""What a column holds: a box by its id, or a lane."""


@dataclass(frozen=True)
class Piece:
    """A bundle's part between two neighbouring columns; `left` is in the column before `right`'s."""

    bundle: int
    left: Item
    right: Item


@dataclass(frozen=True)
class Bundle:
    """Arrows that arrive together. `leftwards` where the target is left of the sources."""

    number: int
    target: str
    label: str
    strength: Strength
    leftwards: bool
    sources: tuple[str, ...]


@dataclass
class Routes:
    """All bundles with their pieces and lanes."""

    bundles: list[Bundle] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)


def routes(flows: Sequence[Flow], column: Mapping[str, int]) -> Routes:
    """Bundles of the flows, with a lane in each column that one passes."""
    grouped: dict[tuple[str, str, Strength, bool], list[str]] = defaultdict(list)
    for each in flows:
        key = each.target, each.label, each.strength, column[each.target] < column[each.source]
        grouped[key].append(each.source)
    made = Routes()
    for number, ((target, label, strength, leftwards), sources) in enumerate(grouped.items()):
        made.bundles.append(Bundle(number, target, label, strength, leftwards, tuple(sources)))
        _pass(made, made.bundles[-1], column)
    return made


def _pass(made: Routes, bundle: Bundle, column: Mapping[str, int]) -> None:
    step = -1 if bundle.leftwards else 1
    end = column[bundle.target]
    first = (max if bundle.leftwards else min)(column[each] for each in bundle.sources)
    lanes = [Lane(bundle.number, each) for each in range(first + step, end, step)]
    made.lanes += lanes
    stops: dict[int, Item] = {**{each.column: each for each in lanes}, end: bundle.target}
    hops: list[tuple[Item, Item]] = [(each, stops[each.column + step]) for each in lanes]
    hops += [(each, stops[column[each] + step]) for each in bundle.sources]
    made.pieces += [Piece(bundle.number, *((b, a) if bundle.leftwards else (a, b))) for a, b in hops]
