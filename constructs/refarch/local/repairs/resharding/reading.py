"""Reading a stream with closed shards: lists and counts, the end of a closed shard, and what the retention drops."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from refarch.local import adapter
from refarch.local.repairs.resharding import shards
from refarch.local.repairs.resharding.shards import Shard, Stream

Data = dict[str, Any]
Action = Callable[[Data], Any]


def install() -> None:
    for name, wrapped in (
        ("records of an iterator", _records),
        ("list of shards", _listed),
        ("summary of a stream", _summary),
        ("shard as it is told", _told),
        ("expiry of records", _expiry),
    ):
        adapter.replace(name, wrapped(adapter.read(name)))


def _records(stock: Action) -> Action:
    """At the end of a closed shard there is no next iterator, but the children are named."""

    def get(data: Data) -> Any:
        status, headers, body = stock(data)
        if status != 200:
            return status, headers, body
        answer, iterators = json.loads(body), adapter.read("shard iterators")
        after = iterators[answer["NextShardIterator"]]
        stream = adapter.read("streams").get(after["stream"])
        shard = stream["shards"][after["shard_id"]]
        if shards.is_open(shard) or after["position"] < len(shard["records"]):
            return status, headers, body
        del iterators[answer["NextShardIterator"]]
        born = [_child(*one) for one in shards.children(stream, after["shard_id"]).items()]
        return adapter.read("JSON answer")({**answer, "NextShardIterator": None, "ChildShards": born})

    return get


def _child(key: str, shard: Shard) -> dict[str, Any]:
    start, end = shards.range_of(shard)
    keys = {"StartingHashKey": str(start), "EndingHashKey": str(end)}
    return {"ShardId": key, "ParentShards": shards.parents(shard), "HashKeyRange": keys}


def _listed(stock: Action) -> Action:
    def listed(data: Data) -> Any:
        asked = data.get("ShardFilter") or {}
        kind = asked.get("Type")
        more = {"ExclusiveStartShardId": asked.get("ShardId")} if kind == "AFTER_SHARD_ID" else {}
        status, headers, body = stock({**data, **more})
        if status != 200 or not kind:
            return status, headers, body
        stream, answer = adapter.read("stream of a request")(data)[1], json.loads(body)
        chosen = selected(stream, kind, asked.get("Timestamp"), time.time())
        answer["Shards"] = [one for one in answer["Shards"] if one["ShardId"] in chosen]
        return adapter.read("JSON answer")(answer)

    return listed


def selected(stream: Stream, kind: str, timestamp: Any, now: float) -> set[str]:
    """The shards that a `ShardFilter` means; of a young stream the trim horizon is its creation."""
    first = min(shards.moment(one["starting_sequence_number"]) for one in stream["shards"].values())
    horizon = max(first, now - stream["RetentionPeriodHours"] * shards.SECONDS_OF_AN_HOUR)
    at = float(timestamp) if timestamp is not None else horizon
    rules: dict[str, Callable[[float, float], bool]] = {
        "AT_LATEST": lambda born, gone: gone == float("inf"),
        "AT_TRIM_HORIZON": lambda born, gone: born <= max(horizon, _end_of_creation(stream)) and gone >= horizon,
        "AT_TIMESTAMP": lambda born, gone: born <= at < gone,
        "FROM_TIMESTAMP": lambda born, gone: gone >= at,
    }
    rule = rules.get(kind)
    return {key for key, one in stream["shards"].items() if rule is None or rule(*_life(one))}


def _life(shard: Shard) -> tuple[float, float]:
    born = shards.moment(shard["starting_sequence_number"])
    return born, float("inf") if shards.is_open(shard) else shards.moment(shard[shards.ENDING])


def _end_of_creation(stream: Stream) -> float:
    """The shards that a stream began with were born one after the other."""
    roots = [one for one in stream["shards"].values() if not shards.parents(one)]
    return max((shards.moment(one["starting_sequence_number"]) for one in roots), default=0.0)


def _summary(stock: Action) -> Action:
    def summary(data: Data) -> Any:
        status, headers, body = stock(data)
        if status != 200:
            return status, headers, body
        answer, stream = json.loads(body), adapter.read("stream of a request")(data)[1]
        answer["StreamDescriptionSummary"]["OpenShardCount"] = len(shards.open_shards(stream))
        return adapter.read("JSON answer")(answer)

    return summary


def _told(stock: Callable[[str, Shard], dict[str, Any]]) -> Callable[[str, Shard], dict[str, Any]]:
    def told(key: str, shard: Shard) -> dict[str, Any]:
        found = stock(key, shard)
        if not shards.is_open(shard):
            found["SequenceNumberRange"]["EndingSequenceNumber"] = shard[shards.ENDING]
        return found

    return told


def _expiry(stock: Callable[[Stream], None]) -> Callable[[Stream], None]:
    def expire(stream: Stream) -> None:
        stock(stream)
        shards.forget(stream, time.time())

    return expire
