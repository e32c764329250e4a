"""Kinesis streams that change their number of shards."""

from __future__ import annotations

from typing import Any

from tests.conformance.declared import behaviour
from tests.conformance.observing import World


def reshard(world: World, name: str, target: int) -> list[dict[str, Any]]:
    """All shards of the stream afterwards, the closed ones among them."""
    kinesis, stream = world.client("kinesis"), world.of("Objects", name)
    kinesis.update_shard_count(StreamName=stream, TargetShardCount=target, ScalingType="UNIFORM_SCALING")
    kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1})
    return list(kinesis.list_shards(StreamName=stream)["Shards"])


@behaviour("Kinesis")
def test_kinesis_shard_count(world: World) -> None:
    """UpdateShardCount changes the number of open shards.

    From two to three; their hash ranges cover everything without a gap.
    """
    shards = [one for one in reshard(world, "Counted", 3) if "EndingSequenceNumber" not in one["SequenceNumberRange"]]
    ranges = sorted((int(one["HashKeyRange"]["StartingHashKey"]), one["HashKeyRange"]) for one in shards)
    ends = [int(one["EndingHashKey"]) for _, one in ranges]
    assert len(shards) == 3
    assert [start for start, _ in ranges] == [0, *(end + 1 for end in ends[:-1])]
    assert ends[-1] == 2**128 - 1


@behaviour("Kinesis")
def test_kinesis_resharding(world: World) -> None:
    """Resharding a Kinesis stream closes shards and opens their children.

    After UpdateShardCount from 1 to 2 the parent is listed with an ending sequence number, two children name it.
    """
    shards = reshard(world, "Resharded", 2)
    closed = [shard["ShardId"] for shard in shards if "EndingSequenceNumber" in shard["SequenceNumberRange"]]
    assert len(closed) == 1
    assert [shard.get("ParentShardId") for shard in shards if shard["ShardId"] not in closed] == closed * 2


@behaviour("Kinesis")
def test_kinesis_resharding_keeps_records(world: World) -> None:
    """Records that nobody has read yet survive a resharding.

    What was put before can be read from the beginning of the closed shards.
    """
    kinesis, stream = world.client("kinesis"), world.of("Objects", "Refilled")
    for number in range(6):
        kinesis.put_record(StreamName=stream, PartitionKey=str(number), Data=f"{number}".encode())
    found = []
    for shard in reshard(world, "Refilled", 4):
        place = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        found += kinesis.get_records(ShardIterator=place["ShardIterator"])["Records"]
    assert sorted(record["Data"] for record in found) == [b"0", b"1", b"2", b"3", b"4", b"5"]
