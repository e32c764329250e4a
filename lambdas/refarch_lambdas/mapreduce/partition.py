"""Which reducer a key goes to."""

from __future__ import annotations

import zlib


def partition_of(key: str, count: int) -> int:
    """The partition, 0 to `count` - 1, of `key`: the same in every Lambda, every Python and every run.

    Python's own `hash` of a string differs from process to process, so it must not decide this.
    """
    return zlib.crc32(key.encode()) % count


def partition_numbers(keys: list[str], count: int) -> list[int]:
    """`partition_of` each key."""
    return [checksum % count for checksum in map(zlib.crc32, map(str.encode, keys))]


def partitions_of(keys: list[str], count: int) -> list[list[str]]:
    """`keys` by partition, each list in the order of `keys`."""
    if count == 1:
        return [keys]
    parts: list[list[str]] = [[] for _ in range(count)]
    for key, number in zip(keys, partition_numbers(keys, count), strict=True):
        parts[number].append(key)
    return parts
