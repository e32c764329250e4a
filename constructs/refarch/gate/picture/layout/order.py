"""Order within a column: boxes near what they are connected to, so that few arrows cross."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from refarch.gate.picture.layout.bundles import Item, Lane, Piece

_SWEEPS = 12
_MOST_WORK = 400_000

Neighbours = Mapping[Item, Sequence[Item]]


def ordered(
    items: Mapping[int, Sequence[Item]], pieces: Sequence[Piece], band: Mapping[Item, int]
) -> dict[int, list[Item]]:
    """Column to its items from top to bottom: by band, then by the middle of their neighbours."""
    left, right = _neighbours(pieces)
    current = {column: sorted(each, key=lambda item: (band[item], _key(item))) for column, each in items.items()}
    best, fewest = current, _crossings(current, pieces)
    for sweep in range(_SWEEPS if len(pieces) ** 2 < _MOST_WORK else 2):
        rightwards = sweep % 2 == 0
        beside = left if rightwards else right
        for column in sorted(current, reverse=not rightwards):
            current = {**current, column: _sorted(current, column, beside, band)}
        crossings = _crossings(current, pieces)
        if crossings < fewest:
            best, fewest = current, crossings
    return {column: list(each) for column, each in best.items()}


def _key(item: Item) -> tuple[int, str, int]:
    return (1, "", item.bundle) if isinstance(item, Lane) else (0, item, 0)


def _neighbours(pieces: Sequence[Piece]) -> tuple[Neighbours, Neighbours]:
    left: dict[Item, list[Item]] = defaultdict(list)
    right: dict[Item, list[Item]] = defaultdict(list)
    for each in pieces:
        left[each.right].append(each.left)
        right[each.left].append(each.right)
    return left, right


def _sorted(
    current: Mapping[int, Sequence[Item]], column: int, beside: Neighbours, band: Mapping[Item, int]
) -> list[Item]:
    place = {item: index / max(1, len(each)) for each in current.values() for index, item in enumerate(each)}
    here = current[column]

    def middle(item: Item) -> tuple[int, float, int]:
        found = sorted(place[each] for each in beside.get(item, ()))
        return band[item], sum(found) / len(found) if found else place[item], here.index(item)

    return sorted(here, key=middle)


def _crossings(current: Mapping[int, Sequence[Item]], pieces: Sequence[Piece]) -> int:
    """How many pairs of pieces cross, counted between neighbouring columns."""
    place = {item: (column, index) for column, each in current.items() for index, item in enumerate(each)}
    between: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for each in pieces:
        column, index = place[each.left]
        between[column].append((index, place[each.right][1]))
    if len(pieces) ** 2 > _MOST_WORK:
        return 0
    return sum(_crossing(sorted(each)) for each in between.values())


def _crossing(pairs: list[tuple[int, int]]) -> int:
    return sum(
        1
        for index, (start, end) in enumerate(pairs)
        for other, far in pairs[index + 1 :]
        if start < other and far < end
    )
