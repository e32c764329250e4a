"""UpdateShardCount, SplitShard and MergeShards: shards are closed, and their children opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refarch.local import adapter
from refarch.local.repairs.resharding import ranges, shards
from refarch.local.repairs.resharding.shards import Stream

Data = dict[str, Any]
Action = Callable[[Data], Any]


def install() -> None:
    for name, action in (
        ("update of the shard count", _update_count),
        ("split of a shard", _split),
        ("merge of shards", _merge),
    ):
        adapter.replace(name, action(adapter.read(name)))
    adapter.replace("shard of a hash key", _route)


def _stream(data: Data) -> Stream | None:
    return adapter.read("stream of a request")(data)[1]  # type: ignore[no-any-return]


def _route(hash_key: int, stream: Stream) -> str:
    found = shards.open_shards(stream)
    return next(key for key, one in found.items() if hash_key <= shards.range_of(one)[1] and _starts(one, hash_key))


def _starts(shard: shards.Shard, hash_key: int) -> bool:
    return shards.range_of(shard)[0] <= hash_key


def _update_count(stock: Action) -> Action:
    def update(data: Data) -> Any:
        stream, target = _stream(data), data.get("TargetShardCount")
        if stream is None or target is None or int(target) < 1:
            return stock(data)
        current = len(shards.open_shards(stream))
        reshard(stream, int(target))
        told = {"CurrentShardCount": current, "TargetShardCount": int(target)}
        named = {name: stream[name] for name in ("StreamName", "StreamARN")}
        return adapter.read("JSON answer")({**named, **told})

    return update


def reshard(stream: Stream, target: int) -> None:
    """Split and merge until so many equal shards are open; what lies between is closed at once, as on AWS."""
    here = {shards.range_of(one): key for key, one in shards.open_shards(stream).items()}
    for step in ranges.steps(list(here), target):
        if isinstance(step, ranges.Split):
            pieces = [(step.whole[0], step.at - 1), (step.at, step.whole[1])]
            shards.replace(stream, [here.pop(step.whole)], pieces)
        else:
            pieces = [(step.left[0], step.right[1])]
            shards.replace(stream, [here.pop(step.left), here.pop(step.right)], pieces)
        here |= {shards.range_of(one): key for key, one in list(stream["shards"].items())[-len(pieces) :]}


def _split(stock: Action) -> Action:
    def split(data: Data) -> Any:
        stream, key, at = _stream(data), str(data.get("ShardToSplit")), data.get("NewStartingHashKey")
        if stream is None or key not in stream["shards"] or not at:
            return stock(data)
        start, end = shards.range_of(stream["shards"][key])
        if not start < int(at) <= end:
            return stock(data)
        if (refusal := _closed(stream, key)) is not None:
            return refusal
        shards.replace(stream, [key], [(start, int(at) - 1), (int(at), end)])
        return adapter.read("JSON answer")({})

    return split


def _merge(stock: Action) -> Action:
    def merge(data: Data) -> Any:
        stream, keys = _stream(data), [str(data.get(name)) for name in ("ShardToMerge", "AdjacentShardToMerge")]
        if stream is None or any(key not in stream["shards"] for key in keys):
            return stock(data)
        if (refusal := _closed(stream, *keys)) is not None:
            return refusal
        left, right = sorted(shards.range_of(stream["shards"][key]) for key in keys)
        if left[1] + 1 != right[0]:
            said = f"Shards {keys[0]} and {keys[1]} are not an adjacent pair of shards eligible for merging"
            return adapter.read("JSON error")("InvalidArgumentException", said, 400)
        shards.replace(stream, keys, [(left[0], right[1])])
        return adapter.read("JSON answer")({})

    return merge


def _closed(stream: Stream, *keys: str) -> Any:
    for key in keys:
        if not shards.is_open(stream["shards"][key]):
            said = f"Shard {key} has already been merged or split, and thus is not eligible for merging or splitting"
            return adapter.read("JSON error")("InvalidArgumentException", said, 400)
    return None
