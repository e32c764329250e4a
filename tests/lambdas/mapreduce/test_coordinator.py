"""The coordinator in a world in which everything that can go wrong does (`simulated_world`)."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refarch_lambdas.mapreduce.contract import Job, load_job
from refarch_lambdas.mapreduce.signals import read_messages
from tests.lambdas.mapreduce.simulated_world import JOB, Dangers, World

LINES = [f"key-{number % 7},{number}" for number in range(60)]
TEXT = "\n".join(LINES)
EXPECTED = {f"key-{key}": sum(number for number in range(60) if number % 7 == key) for key in range(7)}
EVERYTHING = Dangers(
    doubled=0.4, overlap=0.3, coordinator_dies=0.25, task_dies=0.15, task_vanishes=0.05, task_runs_twice=0.2
)


@pytest.fixture(scope="module")
def count_job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    module = tmp_path_factory.mktemp("job") / "sum_by_key.py"
    module.write_text(
        "def map(record):\n"
        "    key, number = record.split(',')\n"
        "    return [(key, int(number))]\n"
        "def combine(key, values):\n"
        "    return sum(values)\n"
        "reduce = combine\n"
    )
    return load_job(str(module))


def world_with(dangers: Dangers = Dangers(), seed: int = 0, **job: int) -> World:  # noqa: B008 - frozen
    world = World(dangers=dangers, seed=seed)
    world.submit(TEXT, **{"split_bytes": 60, "reducers": 3, **job})
    return world


def test_a_job_without_trouble_runs_every_task_once(count_job: Job) -> None:
    world = world_with()
    world.run(count_job)
    assert world.document("report")["state"] == "SUCCEEDED"
    assert world.document("result.json") == EXPECTED
    assert set(world.invoked.values()) == {1}
    mappers = world.document("jobdata")["mapCount"]
    assert Counter(stage for stage, *_ in world.invoked) == {"mapper": mappers, "reducer": 4}


def test_a_single_partition_needs_no_merge(count_job: Job) -> None:
    world = world_with(reducers=1)
    world.run(count_job)
    assert world.document("result.json") == EXPECTED
    assert world.document("reducerstate.2") is None


def test_doubled_and_reordered_events_start_nothing_twice(count_job: Job) -> None:
    """Original defect 4: concurrent coordinators both start the same step."""
    for seed in range(20):
        world = world_with(Dangers(doubled=1.0, overlap=0.5), seed=seed)
        world.run(count_job)
        assert world.document("result.json") == EXPECTED
        assert set(world.invoked.values()) == {1}, "each attempt of each task is invoked once"
        assert {attempt for *_, attempt in world.invoked} == {1}


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), reducers=st.integers(1, 4), concurrent=st.integers(1, 8))
def test_whatever_dies_the_totals_are_right(count_job: Job, seed: int, reducers: int, concurrent: int) -> None:
    world = World(dangers=EVERYTHING, seed=seed, concurrent=concurrent)
    world.submit(TEXT, split_bytes=60, reducers=reducers, max_attempts=50)
    world.run(count_job)
    report = world.document("report")
    assert report["state"] == "SUCCEEDED", report["reason"]
    assert world.document("result.json") == EXPECTED
    assert report["rows"] == len(LINES)
    assert world.created[f"jobs/{JOB}/report"] == 1
    assert world.metrics["JobsSucceeded"] == 1


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32))
def test_a_job_whose_tasks_always_vanish_fails_within_a_bounded_time(count_job: Job, seed: int) -> None:
    """Original defect 6: one dead mapper, and the driver polls for ever."""
    world = World(dangers=Dangers(task_vanishes=1.0, doubled=0.3, coordinator_dies=0.1), seed=seed)
    world.submit(TEXT, split_bytes=60, reducers=2, max_attempts=2)
    begun = world.now
    world.run(count_job)
    failure = world.document("failure")
    assert failure["state"] == "FAILED"
    assert "TaskLost" in failure["reason"]
    assert "missing:" in failure["reason"]
    assert world.now - begun < 2 * (120 + 60) + 300
    assert world.metrics == {"JobsFailed": 1} | {name: world.metrics[name] for name in ("TaskRetries",)}


def test_a_failed_job_is_redriven_and_keeps_what_is_done(count_job: Job) -> None:
    world = world_with(Dangers(task_dies=0.35), seed=11, max_attempts=1)
    world.run(count_job)
    assert world.document("failure")["state"] == "FAILED"
    done = {key for key in world.storage.objects if key.startswith(f"jobs/{JOB}/task/mapper/")}
    assert done, "choose a seed in which some mappers succeed"
    before = {key: world.storage.objects[key].body for key in done}
    world.dangers = Dangers(doubled=0.5)
    world.invoked.clear()
    world.storage.put(f"jobs/{JOB}/redrive.1", b"{}")
    world.run(count_job)
    assert world.document("report")["state"] == "SUCCEEDED"
    assert world.document("failure") is None
    assert world.document("result.json") == EXPECTED
    again = {f"jobs/{JOB}/task/mapper/{task}" for stage, _, task, _ in world.invoked if stage == "mapper"}
    assert not again & done
    assert {key: world.storage.objects[key].body for key in done} == before


def test_a_redrive_that_arrives_twice_reopens_once(count_job: Job) -> None:
    """The second copy of the event must not reopen a job that failed again meanwhile."""
    world = world_with(Dangers(task_dies=1.0), max_attempts=1)
    world.run(count_job)
    world.storage.put(f"jobs/{JOB}/redrive.1", b"{}")
    world.run(count_job)
    second = world.document("failure")
    assert second["redrive"] == 1
    event = {"s3": {"bucket": {"name": world.storage.bucket}, "object": {"key": f"jobs/{JOB}/redrive.1"}}}
    world.message({"Records": [event]}, after=1.0)
    world.run(count_job)
    assert world.document("failure") == second


def test_a_cancelled_job_gets_its_report_and_stops(count_job: Job) -> None:
    world = world_with()
    body = {"state": "CANCELLED", "reason": "cancelled by its user", "redrive": 0}
    world.storage.put(f"jobs/{JOB}/failure", json.dumps(body).encode())
    world.run(count_job)
    assert world.document("report")["state"] == "CANCELLED"
    assert world.document("result.json") is None
    assert world.metrics["JobsFailed"] == 0


def test_an_empty_input_is_an_empty_result(count_job: Job) -> None:
    """Original defect 9: ZeroDivisionError."""
    world = World()
    world.submit("", split_bytes=60, reducers=3)
    world.run(count_job)
    report = world.document("report")
    assert (report["state"], report["rows"], report["mapCount"]) == ("SUCCEEDED", 0, 0)
    assert world.document("result.json") == {}


def test_an_unknown_message_is_not_swallowed() -> None:
    records = [{"messageId": "m1", "body": json.dumps({"hello": "you"})}, {"messageId": "m2", "body": "no json"}]
    jobs, unknown = read_messages(records, bucket="b", prefix="", now=0.0)
    assert not jobs
    assert [each.message_id for each in unknown] == ["m1", "m2"]


def test_a_foreign_bucket_is_an_error_and_other_objects_are_nothing() -> None:
    def s3(bucket: str, key: str) -> dict[str, object]:
        event = {"s3": {"bucket": {"name": bucket}, "object": {"key": key}}}
        return {"messageId": key, "body": json.dumps({"Records": [event]})}

    records = [s3("other", "jobs/a/jobdata"), s3("b", "jobs/a/notes.txt"), s3("b", "jobs/results/task/mapper/1")]
    jobs, unknown = read_messages(records, bucket="b", prefix="", now=0.0)
    assert list(jobs) == ["results"], "defect 5: a job may be called `results`"
    assert [each.message_id for each in unknown] == ["jobs/a/jobdata"]


def test_two_hundred_mappers_need_one_step_of_reducers_and_a_merge(count_job: Job) -> None:
    """Original defect 10: reducers in pairs, so that 202 mappers took 8 steps and 205 reducers."""
    world = World(concurrent=1_000)
    world.submit("\n".join(f"key-{number % 50:02d},{number:04d}" for number in range(202)), split_bytes=10, reducers=4)
    world.run(count_job)
    assert world.document("report")["mapCount"] >= 202
    reducers = sorted((step, task) for stage, step, task, _ in world.invoked if stage == "reducer")
    assert reducers == [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0)]
