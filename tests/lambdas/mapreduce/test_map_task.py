"""One mapper from plan to commit: what it reads, what it leaves, what stops it."""

from __future__ import annotations

import ast
import bz2
import gzip
import zlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import refarch_lambdas.mapreduce as engine
from refarch_lambdas.mapreduce.contract import Job
from refarch_lambdas.mapreduce.errors import (
    InputChangedError,
    InputNotFoundError,
    JobCancelledError,
    PermanentError,
    UserCodeError,
)
from refarch_lambdas.mapreduce.events import MapEvent, TaskSettings
from tests.lambdas.mapreduce.local_job import INPUT_BUCKET, LocalJob, slices_of
from tests.lambdas.mapreduce.map_jobs import NO_COMBINE, SUMS, by_first_field, mapped, run_of, total


def test_the_summary_and_its_metadata() -> None:
    job = LocalJob(SUMS)
    (summary,) = mapped(job, b"b,1\na,2\nb,3\n")
    stored = job.storage.get_json(job.layout.mapper_commit(0))
    assert {**stored, "committed": True} == summary
    expected = {"jobId": "job-1", "stage": "mapper", "step": 0, "taskId": 0, "attempt": 1, "rows": 3, "bad": 0,
                "badSamples": [], "bytes": 12, "pairs": 2, "keys": 2, "memoryMb": 1769}  # fmt: skip
    assert expected.items() <= stored.items()
    assert run_of(job, summary) == [["a", 2], ["b", 4]]
    assert summary["data"].startswith("team/shuffle/job-1/mapper/0.1")
    assert stored["requests"] == {"get": 3, "put": 2, "list": 0}  # the look for `failure`, plan, input
    metadata = job.storage.metadata(job.layout.mapper_commit(0))
    assert metadata["linecount"] == "3"
    assert float(metadata["processingtime"]) == stored["milliseconds"] / 1000
    assert float(metadata["memoryusage"]) == stored["maxRssMb"] > 1


def test_defect_12_keys_are_partitioned_the_same_way_by_every_mapper() -> None:
    job = LocalJob(NO_COMBINE, reducers=5)
    body = b"".join(b"key-%d,%d\n" % (number % 40, number) for number in range(400))
    summaries = mapped(job, body, cuts=[1111, 2222])
    for partition in range(5):
        for summary in summaries:
            run = run_of(job, summary, partition)
            assert all(zlib.crc32(key.encode()) % 5 == partition for key, _ in run)
            assert [key for key, _ in run] == sorted(key for key, _ in run)
    assert sum(summary["rows"] for summary in summaries) == sum(summary["pairs"] for summary in summaries) == 400
    assert sum(summary["bytes"] for summary in summaries) == len(body)


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("in.gz", lambda data: gzip.compress(data[:7]) + gzip.compress(data[7:])),
        ("in.bz2", lambda data: bz2.compress(data[:7]) + bz2.compress(data[7:])),
        ("no-suffix", gzip.compress),
        ("no-suffix", bz2.compress),
    ],
)
def test_defect_8_packed_objects_are_read(name: str, pack: Callable[[bytes], bytes]) -> None:
    job = LocalJob(SUMS)
    (summary,) = mapped(job, pack(b"a,1\nb,2\na,3"), name)
    assert run_of(job, summary) == [["a", 4], ["b", 2]]


def test_a_packed_object_that_was_split_is_refused() -> None:
    body = gzip.compress(b"a,1\n" * 1000)
    for name in ("in.txt", "in.gz"):
        with pytest.raises(PermanentError, match=rf"s3://{INPUT_BUCKET}/{name} is packed with gzip but was split"):
            mapped(LocalJob(SUMS), body, name, cuts=[20])


def test_a_small_memory_budget_spills_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"".join(b"key-%d,%d\n" % (number * 7919 % 1000, number) for number in range(5000))
    expected = None
    for job in (SUMS, NO_COMBINE):
        for budget in (None, 30_000):
            local = LocalJob(job, reducers=3, settings=TaskSettings(memory_budget=budget, chunk_bytes=500, fan_in=4))
            result = local.run([[part] for part in slices_of(local.storage, "in.txt", body, [20_000])])
            expected = expected or result
            assert result == expected
    assert expected is not None
    assert len(expected) == 1000


def test_errors_of_combine_name_the_key() -> None:
    def failing(key: str, values: Iterable[int]) -> Any:
        return float("nan") if key == "n" else sum(values) // (key != "b")

    job = Job(map=by_first_field, reduce=total, combine=failing)
    with pytest.raises(UserCodeError, match=r"(?s)combine failed for key 'b': ZeroDivisionError.*line \d+, in failing"):
        mapped(LocalJob(job), b"a,1\nb,1\nb,2\n")
    with pytest.raises(UserCodeError, match="combine returned nan for key 'n'"):
        mapped(LocalJob(job), b"a,1\nn,1\nn,2\n")


def test_a_rival_that_was_first_keeps_its_data_and_the_late_one_removes_its_own() -> None:
    job = LocalJob(SUMS)
    (event,) = job.plan([slices_of(job.storage, "in.txt", b"a,1\n")])
    first, second = job.map(event), job.map({**event, "attempt": 2})
    same = job.map(event)  # Lambda may deliver an invocation twice: the very same attempt
    assert [each["committed"] for each in (first, second, same)] == [True, False, False]
    assert run_of(job, first) == [["a", 1]]
    assert sorted(job.storage.deleted) == sorted([second["data"], same["data"]])
    assert job.storage.get_json(job.layout.mapper_commit(0))["data"] == first["data"]


def test_a_commit_whose_answer_was_lost_is_still_ours() -> None:
    job = LocalJob(SUMS)
    job.storage.faults.lose_answers = 1
    (summary,) = mapped(job, b"a,1\n")
    assert summary["committed"] is True
    assert job.storage.deleted == []


def test_nothing_is_committed_when_the_upload_fails() -> None:
    def fail(key: str) -> None:
        raise OSError("disk on fire")

    job = LocalJob(SUMS)
    job.storage.faults.fail_put = fail
    with pytest.raises(OSError, match="fire"):
        mapped(job, b"a,1\n")
    assert not list(job.storage.list_keys(job.layout.mapper_commits))


def test_broken_connections_change_nothing() -> None:
    body = b"".join(b"key-%d,1\n" % (number % 10) for number in range(1000))
    job = LocalJob(SUMS)
    (event,) = job.plan([slices_of(job.storage, "in.txt", body)])
    job.storage.faults.break_after, job.storage.faults.breaks = 777, 8
    assert run_of(job, job.map(event)) == [[f"key-{number}", 100] for number in range(10)]


def test_a_job_that_has_failed_is_left_alone() -> None:
    job = LocalJob(SUMS)
    job.storage.seed(job.layout.failure, b"{}")
    with pytest.raises(JobCancelledError, match="job-1"):
        mapped(job, b"a,1\n")


def test_a_running_task_notices_that_the_job_failed() -> None:
    ticks = iter(range(10_000))
    settings = TaskSettings(chunk_bytes=4, now=lambda: float(next(ticks)))
    job = LocalJob(SUMS, settings=settings)
    lines: list[str] = []

    def failing_meanwhile(line: str) -> list[tuple[str, int]]:
        lines.append(line)
        if len(lines) == 20:
            job.storage.seed(job.layout.failure, b"{}")
        return by_first_field(line)

    job.job = replace(SUMS, map=failing_meanwhile)
    with pytest.raises(JobCancelledError):
        mapped(job, b"a,1\n" * 1000)
    assert len(lines) < 60


def test_input_that_changed_or_went_away() -> None:
    job = LocalJob(SUMS)
    events = job.plan([slices_of(job.storage, "in.txt", b"a,1\n")])
    job.storage.seed("in.txt", b"b,1\n", bucket=INPUT_BUCKET)
    with pytest.raises(InputChangedError):
        job.map(events[0])
    del job.storage.buckets[INPUT_BUCKET]["in.txt"]
    with pytest.raises(InputNotFoundError):
        job.map(events[0])


def test_empty_slices_and_objects() -> None:
    job = LocalJob(SUMS, reducers=3)
    (summary,) = job.map_all([[*slices_of(job.storage, "empty", b""), *slices_of(job.storage, "empty.gz", b"")]])
    assert (summary["data"], summary["segments"], summary["rows"]) == (None, [[0, 0, 0]] * 3, 0)


def test_an_event_that_lacks_fields_names_them_all() -> None:
    with pytest.raises(PermanentError, match="lacks prefix, jobId, taskId, plan, reducerCount"):
        MapEvent.from_json({"jobBucket": "b", "attempt": 1})


def test_defect_6_nothing_that_was_read_is_ever_evaluated() -> None:
    for path in Path(engine.__file__).parent.rglob("*.py"):
        names = {node.func.id for node in ast.walk(ast.parse(path.read_text()))
                 if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}  # fmt: skip
        assert not names & {"eval", "exec", "compile"}, path
    job = LocalJob(Job(map=lambda line: [("k", line)], reduce=lambda key, values: list(values)))
    assert job.run([slices_of(job.storage, "in", b"__import__('os').abort()\n")]) == {"k": ["__import__('os').abort()"]}
