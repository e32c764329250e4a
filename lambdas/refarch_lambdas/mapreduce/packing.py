"""First-fit packing in O(n log n): which bin takes the next item. Pure; the planner's only data structure."""

from __future__ import annotations


class FirstFitBins:
    """Bins of one capacity, of which the first with enough room takes an item.

    A tree of maxima over the room left finds that bin in logarithmic time, so that a million small objects are
    planned in seconds. `capacity` and `max_items` bound every bin; `bins` is the most bins that can be needed.
    """

    def __init__(self, *, capacity: int, max_items: int, bins: int) -> None:
        self._max_items = max_items
        self._leaves = 1 << max(0, bins - 1).bit_length()
        self._room = [capacity] * (2 * self._leaves)
        self._items = [0] * self._leaves

    def place(self, size: int) -> int:
        """The number of the bin that took an item of `size` (at least 1, at most the capacity)."""
        node = 1
        while node < self._leaves:
            node *= 2
            if self._room[node] < size:
                node += 1
        position = node - self._leaves
        self._items[position] += 1
        full = self._items[position] == self._max_items
        self._set(node, 0 if full else self._room[node] - size)
        return position

    def _set(self, node: int, room: int) -> None:
        self._room[node] = room
        while node > 1:
            node //= 2
            self._room[node] = max(self._room[2 * node], self._room[2 * node + 1])
