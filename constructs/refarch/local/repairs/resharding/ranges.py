"""Which splits and merges lead from some ranges of hash keys to equal ones. No AWS, no emulator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HASHES = 2**128
Range = tuple[int, int]  # first and last hash key


@dataclass(frozen=True)
class Split:
    """Of one range into two; the second begins `at` this hash key."""

    whole: Range
    at: int


@dataclass(frozen=True)
class Merge:
    """Of two neighbours into one range."""

    left: Range
    right: Range


def equal(count: int) -> list[Range]:
    """So many ranges, as equal as can be; the last one takes the rest."""
    size = HASHES // count
    return [(number * size, (number + 1) * size - 1 if number < count - 1 else HASHES - 1) for number in range(count)]


def steps(ranges: Sequence[Range], target: int) -> list[Split | Merge]:
    """In this order: every range is split where a new one begins, then the pieces of each new one are merged."""
    wanted = equal(target)
    found: list[Split | Merge] = []
    pieces = [piece for one in sorted(ranges) for piece in _split(one, [start for start, _ in wanted], found)]
    for start, end in wanted:
        inside = [one for one in pieces if start <= one[0] <= end]
        while len(inside) > 1:
            left, right, *rest = inside
            found.append(Merge(left, right))
            inside = [(left[0], right[1]), *rest]
    return found


def _split(whole: Range, starts: Sequence[int], found: list[Split | Merge]) -> list[Range]:
    pieces = [whole]
    for start in starts:
        first, last = pieces[-1]
        if first < start <= last:
            found.append(Split(pieces[-1], start))
            pieces[-1:] = [(first, start - 1), (start, last)]
    return pieces
