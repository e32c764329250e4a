"""The shards of a stream: which are open, whose children they are, how they are closed and when they are forgotten.

A stream is the emulator's record of it. The shards of one are never changed in place: who reads them in another thread
goes on with those from before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.repairs.resharding.ranges import Range

Stream = dict[str, Any]
Shard = Mapping[str, Any]
ENDING = "ending_sequence_number"
SECONDS_OF_AN_HOUR = 3600


def is_open(shard: Shard) -> bool:
    return ENDING not in shard


def open_shards(stream: Stream) -> dict[str, Shard]:
    return {key: shard for key, shard in stream["shards"].items() if is_open(shard)}


def range_of(shard: Shard) -> Range:
    return int(shard["starting_hash_key"]), int(shard["ending_hash_key"])


def parents(shard: Shard) -> list[str]:
    return [shard[name] for name in ("parent_shard_id", "adjacent_parent_shard_id") if shard.get(name)]


def children(stream: Stream, key: str) -> dict[str, Shard]:
    return {other: shard for other, shard in stream["shards"].items() if key in parents(shard)}


def moment(sequence_number: str) -> float:
    """When the emulator gave this sequence number: seconds since 1970."""
    return int(sequence_number[:-10]) / 1000


def replace(stream: Stream, closing: list[str], ranges: list[Range]) -> None:
    """Close shards and open their children, one for each of these ranges."""
    number = 1 + max(int(key.split("-")[1]) for key in stream["shards"])
    first, second = (*closing, None)[:2]
    shards = dict(stream["shards"])
    for key in closing:
        shards[key][ENDING] = adapter.read("next sequence number")()
    for offset, (start, end) in enumerate(ranges):
        shards[f"shardId-{number + offset:012d}"] = {
            "records": [],
            "starting_hash_key": str(start),
            "ending_hash_key": str(end),
            "starting_sequence_number": adapter.read("next sequence number")(),
            "parent_shard_id": first,
            "adjacent_parent_shard_id": second,
        }
    stream["shards"] = shards


def forget(stream: Stream, now: float) -> None:
    """Drop the closed shards whose last record is older than the stream's retention."""
    oldest = now - stream["RetentionPeriodHours"] * SECONDS_OF_AN_HOUR
    kept = {key: one for key, one in stream["shards"].items() if is_open(one) or moment(one[ENDING]) >= oldest}
    if len(kept) < len(stream["shards"]):
        stream["shards"] = kept
