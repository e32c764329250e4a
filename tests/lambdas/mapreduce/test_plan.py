"""The planner: every byte once, tasks within bounds, and the original's arithmetic accidents gone."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refarch_lambdas.mapreduce.packing import FirstFitBins
from refarch_lambdas.mapreduce.plan import (
    GIBIBYTE,
    MAX_SPLIT_BYTES,
    MEBIBYTE,
    MIN_SPLIT_BYTES,
    ObjectInfo,
    PlanError,
    choose_reducer_count,
    choose_split_bytes,
    is_compressed,
    parse_plan_line,
    plan_tasks,
    serialise_plan,
)


def an_object(key, size, *, whole=False):
    return ObjectInfo("b", key, size, f'"{key}"', whole)


@st.composite
def listings(draw):
    sizes = draw(st.lists(st.integers(0, 5_000), max_size=40))
    suffixes = draw(st.lists(st.sampled_from(["", ".csv", ".gz", ".bz2"]), min_size=len(sizes), max_size=len(sizes)))
    wholes = draw(st.lists(st.booleans(), min_size=len(sizes), max_size=len(sizes)))
    return [
        an_object(f"k{number}{suffix}", size, whole=whole)
        for number, (size, suffix, whole) in enumerate(zip(sizes, suffixes, wholes, strict=True))
    ]


limits = {"split_bytes": st.integers(1, 2_000), "max_tasks": st.integers(1, 500), "max_objects": st.integers(1, 20)}


@settings(max_examples=200)
@given(objects=listings(), **limits)
def test_every_byte_of_every_object_is_read_exactly_once(objects, split_bytes, max_tasks, max_objects):
    tasks = plan_tasks(objects, split_bytes=split_bytes, max_tasks=max_tasks, max_objects=max_objects)
    pieces = sorted((piece.key, piece.start, piece.end) for task in tasks for piece in task.slices)
    position = {item.key: 0 for item in objects}
    for key, start, end in pieces:
        assert start == position[key] < end
        position[key] = end
    assert position == {item.key: item.size for item in objects}


@settings(max_examples=200)
@given(objects=listings(), split_bytes=st.integers(1, 2_000), max_objects=st.integers(1, 20))
def test_tasks_stay_within_bytes_and_objects(objects, split_bytes, max_objects):
    total = max(1, sum(item.size for item in objects))
    tasks = plan_tasks(objects, split_bytes=split_bytes, max_tasks=total, max_objects=max_objects)
    for task in tasks:
        unsplittable = len(task.slices) == 1 and (task.slices[0].start, task.slices[0].end) == (0, task.slices[0].size)
        assert task.bytes <= split_bytes or unsplittable
        assert len(task.slices) <= max_objects
        assert task.bytes == sum(piece.end - piece.start for piece in task.slices)
    assert [task.id for task in tasks] == list(range(len(tasks)))


@given(objects=listings(), **limits)
def test_never_more_tasks_than_allowed(objects, split_bytes, max_tasks, max_objects):
    tasks = plan_tasks(objects, split_bytes=split_bytes, max_tasks=max_tasks, max_objects=max_objects)
    assert len(tasks) <= max_tasks


@given(objects=listings(), order=st.randoms(), **limits)
def test_the_plan_does_not_depend_on_the_order_of_the_listing(objects, order, split_bytes, max_tasks, max_objects):
    shuffled = list(objects)
    order.shuffle(shuffled)
    bounds = {"split_bytes": split_bytes, "max_tasks": max_tasks, "max_objects": max_objects}
    assert plan_tasks(objects, **bounds) == plan_tasks(shuffled, **bounds)


@given(objects=listings(), split_bytes=st.integers(1, 2_000))
def test_compressed_objects_stay_whole(objects, split_bytes):
    for task in plan_tasks(objects, split_bytes=split_bytes):
        for piece in task.slices:
            if is_compressed(piece.key):
                assert (piece.start, piece.end) == (0, piece.size)


def test_slices_of_one_object_are_near_equal():
    slices = [piece for task in plan_tasks([an_object("k", 1_000)], split_bytes=300) for piece in task.slices]
    assert sorted(piece.end - piece.start for piece in slices) == [250, 250, 250, 250]


def test_small_objects_share_a_mapper():
    tasks = plan_tasks([an_object(f"k{number}", 10) for number in range(100)], split_bytes=100)
    assert [len(task.slices) for task in tasks] == [10] * 10


def test_a_large_object_without_a_telling_name_can_be_kept_whole():
    (task,) = plan_tasks([an_object("k", 1_000, whole=True)], split_bytes=10)
    assert (task.slices[0].start, task.slices[0].end) == (0, 1_000)


def test_the_longest_tasks_come_first():
    sizes = [task.bytes for task in plan_tasks([an_object(f"k{n}.gz", n) for n in (5, 900, 40, 700)], split_bytes=50)]
    assert sizes == [900, 700, 45]


def test_original_defect_9_an_empty_folder_is_a_job_without_mappers():
    assert plan_tasks([], split_bytes=MEBIBYTE) == []
    assert plan_tasks([an_object("empty", 0)], split_bytes=MEBIBYTE) == []
    assert choose_split_bytes(0, 100) == MIN_SPLIT_BYTES
    assert choose_reducer_count(0, 100) == 1
    assert serialise_plan([]) == (b"", [])


def test_original_defect_8_one_large_object_is_read_by_many_mappers():
    """The original's batch size became 0 for objects over twice the Lambda's memory, and it never split one."""
    tasks = plan_tasks([an_object("big", 100 * GIBIBYTE)], split_bytes=choose_split_bytes(100 * GIBIBYTE, 100))
    assert len(tasks) == 100


def test_impossible_limits_are_all_named():
    with pytest.raises(PlanError, match=r"split_bytes must be at least 1, got 0; max_tasks must be at least 1, got -3"):
        plan_tasks([], split_bytes=0, max_tasks=-3)


@given(total=st.integers(0, 10**16), concurrent=st.integers(1, 10_000))
def test_defaults_stay_within_their_documented_bounds(total, concurrent):
    split_bytes = choose_split_bytes(total, concurrent)
    assert MIN_SPLIT_BYTES <= split_bytes <= MAX_SPLIT_BYTES
    assert split_bytes * concurrent >= total or split_bytes == MAX_SPLIT_BYTES
    assert 1 <= choose_reducer_count(total, concurrent) <= min(256, concurrent)


def test_the_posts_data_set_is_one_wave_of_a_hundred_mappers():
    split_bytes = choose_split_bytes(25_400_000_000, 100)
    assert -(-25_400_000_000 // split_bytes) == 100
    assert choose_reducer_count(25_400_000_000, 100) == 24


@given(objects=listings(), split_bytes=st.integers(1, 2_000))
def test_a_mapper_finds_its_line_by_its_byte_range(objects, split_bytes):
    tasks = plan_tasks(objects, split_bytes=split_bytes)
    plan, index = serialise_plan(tasks)
    assert [parse_plan_line(plan[offset : offset + length]) for offset, length, _ in index] == tasks
    assert [size for _, _, size in index] == [task.bytes for task in tasks]
    assert plan.count(b"\n") == len(tasks)


def test_a_plan_line_looks_as_the_mapper_expects():
    plan, _ = serialise_plan(plan_tasks([an_object("ä/k", 7)], split_bytes=10))
    expected = {"bucket": "b", "key": "ä/k", "etag": '"ä/k"', "start": 0, "end": 7, "size": 7}
    assert json.loads(plan) == {"id": 0, "slices": [expected]}


@given(st.lists(st.integers(1, 50), max_size=60), st.integers(50, 80), st.integers(1, 5))
def test_first_fit_takes_the_first_bin_with_room(sizes, capacity, max_items):
    packer = FirstFitBins(capacity=capacity, max_items=max_items, bins=len(sizes))
    room, items = [capacity] * len(sizes), [0] * len(sizes)
    for size in sizes:
        expected = next(n for n in range(len(sizes)) if room[n] >= size and items[n] < max_items)
        assert packer.place(size) == expected
        room[expected] -= size
        items[expected] += 1
