"""An event source mapping reads a shard's parents to their end before the shard, and that from its beginning."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping

from refarch.local import adapter
from refarch.local.repairs.resharding import shards
from refarch.local.repairs.resharding.shards import Stream

# A place behind every record: nothing is read there. It never is a shard's own place.
HELD = sys.maxsize
Positions = dict[str, int]


def install() -> None:
    stock: Callable[[], bool] = adapter.read("reading of streams")

    def read() -> bool:
        held = [(positions, _hold(stream, positions), set(stream["shards"])) for positions, stream in _mapped()]
        try:
            return stock()
        finally:
            for positions, keys, known in held:
                _release(positions, keys, known)

    adapter.replace("reading of streams", read)


def waiting(stream: Stream, positions: Mapping[str, int]) -> list[str]:
    """The shards whose parents, or theirs, are not read to the end. A parent that is gone is read."""

    def done(key: str) -> bool:
        shard = stream["shards"].get(key)
        if shard is None:
            return True
        return positions.get(key, 0) >= len(shard["records"]) and all(done(one) for one in shards.parents(shard))

    return [key for key, one in stream["shards"].items() if not all(done(parent) for parent in shards.parents(one))]


def _mapped() -> Iterator[tuple[Positions, Stream]]:
    """The places of every mapping in its stream; those of one that begins at the oldest record are set here."""
    for account, region, mapping in list(adapter.read("event source mappings")()):
        source = str(mapping.get("EventSourceArn", "")).split(":")
        if len(source) < 6 or source[2] != "kinesis":
            continue
        stream = adapter.read("streams").get_scoped(source[4], source[3], source[5].partition("/")[2])
        if not stream:
            continue
        stored, key = adapter.read("places in streams"), mapping["UUID"]
        positions = stored.get_scoped(account, region, key)
        if positions is None and mapping.get("StartingPosition") == "TRIM_HORIZON":
            positions = dict.fromkeys(stream["shards"], 0)
            stored.set_scoped(account, region, key, positions)
        if positions is not None:
            yield positions, stream


def _hold(stream: Stream, positions: Positions) -> list[str]:
    for key, shard in stream["shards"].items():
        if positions.get(key) == HELD or (key not in positions and shards.parents(shard)):
            positions[key] = 0
    held = waiting(stream, positions)
    positions.update(dict.fromkeys(held, HELD))
    return held


def _release(positions: Positions, held: list[str], known: set[str]) -> None:
    """A shard that was opened meanwhile is new to the emulator, which would begin behind what is in it already."""
    born = [key for key in positions if key not in known]
    positions.update(dict.fromkeys([*held, *born], 0))
