"""Heights: each item as near as its column allows to where its arrows would run straight."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate


def settle(wanted: Sequence[float], sizes: Sequence[float], weights: Sequence[float], gap: float) -> list[float]:
    """Tops of items in a column, in order and `gap` apart, with the least squared distance to `wanted`.

    Isotonic regression by pooling neighbours that would overlap (pool adjacent violators).
    """
    offsets = [0.0, *accumulate(size + gap for size in sizes[:-1])] if sizes else []
    blocks: list[tuple[float, float, int]] = []
    for want, offset, weight in zip(wanted, offsets, weights, strict=True):
        block = (want - offset, weight, 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, mass, count = blocks.pop()
            total = mass + block[1]
            block = ((mean * mass + block[0] * block[1]) / total, total, count + block[2])
        blocks.append(block)
    level = [mean for mean, _, count in blocks for _ in range(count)]
    return [base + offset for base, offset in zip(level, offsets, strict=True)]


def within(tops: Sequence[float], sizes: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """The same, moved into [low, high]; what does not fit begins at `low`."""
    offsets = [0.0, *accumulate(size + gap for size in sizes[:-1])] if sizes else []
    height = offsets[-1] + sizes[-1] if sizes else 0.0
    limit = max(low, high - height)
    return [min(max(top - offset, low), limit) + offset for top, offset in zip(tops, offsets, strict=True)]


def height_of(sizes: Sequence[float], gap: float) -> float:
    """What a column of items takes."""
    return sum(sizes) + gap * max(0, len(sizes) - 1)
