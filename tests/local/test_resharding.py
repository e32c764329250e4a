"""A Kinesis stream that is resharded loses nothing: closed shards are read to their end, then their children."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError

from refarch.local.repairs.resharding import mappings, ranges
from refarch.local.repairs.resharding.reading import selected
from refarch.local.repairs.resharding.shards import ENDING, forget

HOUR = 3600


@pytest.fixture
def stream(bench: Any) -> Callable[[int], str]:
    def made(shards: int) -> str:
        name = bench.name("stream")
        bench.cloud.client("kinesis").create_stream(StreamName=name, ShardCount=shards)
        return str(name)

    return made


def put(kinesis: Any, name: str, *words: str) -> None:
    kinesis.put_records(StreamName=name, Records=[{"PartitionKey": one, "Data": one.encode()} for one in words])


def shards_of(kinesis: Any, name: str, **asked: Any) -> dict[str, dict[str, Any]]:
    return {one["ShardId"]: one for one in kinesis.list_shards(StreamName=name, **asked)["Shards"]}


def read(kinesis: Any, name: str, shard: str, limit: int = 2) -> tuple[list[str], dict[str, Any]]:
    """All that is in a shard from its beginning, and the last answer."""
    place = kinesis.get_shard_iterator(StreamName=name, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    answer, found = kinesis.get_records(ShardIterator=place["ShardIterator"], Limit=limit), []
    while answer["Records"]:
        found += [record["Data"].decode() for record in answer["Records"]]
        if not answer.get("NextShardIterator"):
            break
        answer = kinesis.get_records(ShardIterator=answer["NextShardIterator"], Limit=limit)
    return found, answer


def test_a_closed_shard_is_read_to_its_end_and_names_its_children(bench: Any, stream: Any) -> None:
    kinesis, name = bench.cloud.client("kinesis"), stream(1)
    put(kinesis, name, "a", "b", "c")
    (parent,) = shards_of(kinesis, name)
    answer = kinesis.update_shard_count(StreamName=name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    assert (answer["CurrentShardCount"], answer["TargetShardCount"]) == (1, 2)
    put(kinesis, name, "d", "e", "f")
    words, last = read(kinesis, name, parent)
    assert words == ["a", "b", "c"]
    assert last.get("NextShardIterator") is None
    born = {one["ShardId"]: one["ParentShards"] for one in last["ChildShards"]}
    assert list(born.values()) == [[parent], [parent]]
    assert sorted(word for child in born for word in read(kinesis, name, child)[0]) == ["d", "e", "f"]
    assert all(read(kinesis, name, child)[1]["NextShardIterator"] for child in born)  # open shards go on
    listed = shards_of(kinesis, name)
    assert "EndingSequenceNumber" in listed[parent]["SequenceNumberRange"]
    assert list(shards_of(kinesis, name, ShardFilter={"Type": "AT_LATEST"})) == list(born)
    assert list(shards_of(kinesis, name, ShardFilter={"Type": "AT_TRIM_HORIZON"})) == [parent]
    after = {"Type": "AFTER_SHARD_ID", "ShardId": parent}
    assert list(shards_of(kinesis, name, ShardFilter=after)) == list(born)
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 2


def test_shards_are_split_and_merged_by_hand(bench: Any, stream: Any) -> None:
    kinesis, name = bench.cloud.client("kinesis"), stream(2)
    first, second = shards_of(kinesis, name)
    put(kinesis, name, "a", "b", "c", "d")
    kinesis.merge_shards(StreamName=name, ShardToMerge=first, AdjacentShardToMerge=second)
    (merged,) = shards_of(kinesis, name, ShardFilter={"Type": "AT_LATEST"}).values()
    assert {merged["ParentShardId"], merged["AdjacentParentShardId"]} == {first, second}
    assert sorted(read(kinesis, name, first)[0] + read(kinesis, name, second)[0]) == ["a", "b", "c", "d"]
    kinesis.split_shard(StreamName=name, ShardToSplit=merged["ShardId"], NewStartingHashKey=str(2**100))
    left, right = shards_of(kinesis, name, ShardFilter={"Type": "AT_LATEST"})
    with pytest.raises(ClientError, match="already been merged or split"):
        kinesis.split_shard(StreamName=name, ShardToSplit=first, NewStartingHashKey="5")
    with pytest.raises(ClientError, match="already been merged or split"):
        kinesis.merge_shards(StreamName=name, ShardToMerge=first, AdjacentShardToMerge=left)
    kinesis.split_shard(StreamName=name, ShardToSplit=right, NewStartingHashKey=str(2**120))
    farthest = list(shards_of(kinesis, name))[-1]
    with pytest.raises(ClientError, match="not an adjacent pair"):
        kinesis.merge_shards(StreamName=name, ShardToMerge=left, AdjacentShardToMerge=farthest)


COLLECT = """
import base64
def handler(event, context):
    for record in event["Records"]:
        print("WORD", base64.b64decode(record["kinesis"]["data"]).decode(), record["eventID"].split(":")[0])
"""


def test_a_mapping_reads_parents_before_their_children(bench: Any, stream: Any, until: Any) -> None:
    """What was put before a resharding arrives before what was put after it, though batches are of two records."""
    kinesis, name = bench.cloud.client("kinesis"), stream(1)
    before, after = [f"old{number}" for number in range(9)], [f"new{number}" for number in range(6)]
    put(kinesis, name, *before)
    kinesis.update_shard_count(StreamName=name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    put(kinesis, name, *after)
    kinesis.update_shard_count(StreamName=name, TargetShardCount=1, ScalingType="UNIFORM_SCALING")
    put(kinesis, name, "last")
    function = bench.function(COLLECT)
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    bench.cloud.client("lambda").create_event_source_mapping(
        FunctionName=function, EventSourceArn=arn, StartingPosition="TRIM_HORIZON", BatchSize=2
    )

    def words() -> list[str]:
        return [line.split()[1] for line in bench.cloud.function_log(function) if line.startswith("WORD")]

    until(lambda: "last" in words(), 30)
    found = words()
    assert found[:9] == before
    assert sorted(found[9:15]) == after
    assert found[15:] == ["last"]
    kinesis.update_shard_count(StreamName=name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    put(kinesis, name, "x", "y", "z")
    until(lambda: sorted(words()[16:]) == ["x", "y", "z"], 20)


def test_a_template_changes_the_number_of_shards(bench: Any, until: Any) -> None:
    stacks, name = bench.cloud.client("cloudformation"), bench.name("stack")
    kinesis = bench.cloud.client("kinesis")

    def body(count: int) -> str:
        made = {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": count}}
        return json.dumps({"Resources": {"S": made}, "Outputs": {"S": {"Value": {"Ref": "S"}}}})

    stacks.create_stack(StackName=name, TemplateBody=body(1))
    (told,) = stacks.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    put(kinesis, told["OutputValue"], "a", "b")
    stacks.update_stack(StackName=name, TemplateBody=body(2))
    until(lambda: len(shards_of(kinesis, told["OutputValue"])) == 3)
    parent = next(iter(shards_of(kinesis, told["OutputValue"])))
    assert read(kinesis, told["OutputValue"], parent)[0] == ["a", "b"]
    stacks.delete_stack(StackName=name)


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1), (2, 3), (3, 2), (4, 4), (5, 7), (7, 5), (1, 1)])
def test_steps_lead_from_equal_ranges_to_equal_ranges(before: int, after: int) -> None:
    here = set(ranges.equal(before))
    for step in ranges.steps(sorted(here), after):
        if isinstance(step, ranges.Split):
            here.remove(step.whole)
            here |= {(step.whole[0], step.at - 1), (step.at, step.whole[1])}
        else:
            here -= {step.left, step.right}
            assert step.left[1] + 1 == step.right[0]
            here.add((step.left[0], step.right[1]))
    assert sorted(here) == ranges.equal(after)
    assert all(left[1] + 1 == right[0] for left, right in pairwise(sorted(here)))
    assert (min(here)[0], max(here)[1]) == (0, 2**128 - 1)


def shard(born: float, *parents: str, gone: float | None = None, records: int = 0) -> dict[str, Any]:
    def number(moment: float) -> str:
        return f"{int(moment * 1000):020d}{0:010d}"

    named = dict(zip(("parent_shard_id", "adjacent_parent_shard_id"), [*parents, None, None], strict=False))
    made = {"starting_sequence_number": number(born), "records": list(range(records)), **named}
    return made if gone is None else made | {ENDING: number(gone)}


def test_children_wait_until_every_ancestor_is_read() -> None:
    stream = {
        "shards": {
            "old": shard(0, gone=10, records=3),
            "between": shard(10, "old", "forgotten", gone=20),
            "child": shard(20, "between"),
            "other": shard(0),
        }
    }
    assert mappings.waiting(stream, {"old": 2, "between": 0, "child": 0, "other": 0}) == ["between", "child"]
    assert mappings.waiting(stream, {"old": 3, "between": 0, "child": 0, "other": 0}) == []


def test_filters_and_the_retention_go_by_the_life_of_a_shard() -> None:
    now = 100 * HOUR
    lives = {"a": shard(0, gone=HOUR), "b": shard(HOUR, "a", gone=90 * HOUR), "c": shard(90 * HOUR, "b")}
    stream: dict[str, Any] = {"RetentionPeriodHours": 24, "shards": lives}
    assert selected(stream, "AT_TRIM_HORIZON", None, now) == {"b"}
    assert selected(stream, "AT_TIMESTAMP", 91 * HOUR, now) == {"c"}
    assert selected(stream, "FROM_TIMESTAMP", 80 * HOUR, now) == {"b", "c"}
    assert selected(stream, "FROM_TRIM_HORIZON", None, now) >= {"b", "c"}
    forget(stream, now)
    assert list(stream["shards"]) == ["b", "c"]
    forget(stream, 115 * HOUR)
    assert list(stream["shards"]) == ["c"]
