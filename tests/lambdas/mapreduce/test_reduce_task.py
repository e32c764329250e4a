"""One reducer from its segment list to a run or the result."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from refarch_lambdas.mapreduce.contract import Job, load_job
from refarch_lambdas.mapreduce.errors import JobCancelledError, PermanentError, UserCodeError
from refarch_lambdas.mapreduce.events import TaskSettings
from tests.lambdas.mapreduce.local_job import LocalJob, slices_of


def nothing(record: Any) -> list[tuple[str, Any]]:
    return []


def total(key: str, values: Iterable[Any]) -> Any:
    return sum(values)


SUMS = Job(map=nothing, reduce=total)


def seed_run(job: LocalJob, name: str, pairs: Iterable[tuple[str, Any]]) -> list[Any]:
    """A sorted run written with nothing but gzip and json; gives its segment, with something else in front."""
    packed = gzip.compress("".join(json.dumps(pair) + "\n" for pair in pairs).encode(), 1)
    key = job.layout.shuffle(name)
    job.storage.seed(key, b"another run" + packed)
    return [key, len(b"another run"), len(packed)]


def final(job: LocalJob, segments: list[list[Any]], *, reduce: bool = True) -> dict[str, Any]:
    return job.reduce(job.reduce_event(segments, step=1, task=0, final=True, reduce=reduce))


def test_defect_15_the_result_is_the_csv_that_the_article_shows() -> None:
    job = LocalJob(load_job("refarch_lambdas.mapreduce.examples.ad_revenue"))
    body = b"67.23.87.1,u,d,5.5,a\n67.23.87.9,u,d,0.37,a\n158.112.27.3,u,d,1,a\n"
    result = job.run([slices_of(job.storage, "visits", body)])
    assert job.result_csv == "158.112.,1.0\n67.23.87,5.87\n"
    assert result == {"158.112.": 1.0, "67.23.87": 5.87}


def test_rows_of_the_csv() -> None:
    values = {'a"b': "x,y", "dict": {"a": 1}, "list": [1, "t", None, [2]], "none": None, "true": True, "ü\n": "€"}
    job = LocalJob(Job(map=nothing, reduce=lambda key, found: values[key], result_header=("key", "value")))
    final(job, [seed_run(job, "run", [(key, 0) for key in sorted(values)])])
    assert job.result_csv.startswith('key,value\n"a""b","x,y"\n')
    rows = list(csv.reader(io.StringIO(job.result_csv, newline="")))
    assert rows[2:] == [
        ["dict", '{"a": 1}'],
        ["list", "1", "t", "", "[2]"],
        ["none", ""],
        ["true", "true"],
        ["ü\n", "€"],
    ]
    assert job.storage.get_json(job.layout.result_json) == values


def test_a_run_for_the_next_step_and_its_summary() -> None:
    job = LocalJob(SUMS)
    segments = [seed_run(job, "0", [("a", 1), ("c", 2)]), [None, 0, 0], seed_run(job, "1", [("a", 10), ("b", 5)])]
    summary = job.reduce(job.reduce_event(segments, step=1, task=7, final=False, reduce=True, attempt=3))
    assert summary["data"].startswith("team/shuffle/job-1/reducer/1/7.3")
    assert gzip.decompress(job.storage.get(summary["data"])) == b'["a",11]\n["b",5]\n["c",2]\n'
    assert summary["segments"] == [[0, len(job.storage.get(summary["data"])), 3]]
    stored = job.storage.get_json(job.layout.reducer_commit(1, 7))
    assert (stored["rows"], stored["keys"], stored["pairs"], stored["stage"], stored["step"]) == (4, 3, 3, "reducer", 1)
    assert stored["bytes"] == segments[0][2] + segments[2][2]
    assert job.storage.metadata(job.layout.reducer_commit(1, 7))["linecount"] == "4"


def test_an_empty_job_has_an_empty_result() -> None:
    job = LocalJob(SUMS)
    summary = final(job, [])
    assert (summary["keys"], job.result_csv, job.storage.get_json(job.layout.result_json)) == (0, "", {})


@pytest.mark.parametrize("combine", [None, total])
def test_more_runs_than_can_be_merged_at_a_time(combine: Any) -> None:
    job = LocalJob(Job(map=nothing, reduce=total, combine=combine), settings=TaskSettings(fan_in=3))
    segments = [seed_run(job, str(number), [(f"{number:03}", number), ("all", 1)]) for number in range(1, 32)]
    summary = final(job, segments)
    result = job.storage.get_json(job.layout.result_json)
    assert result == {f"{number:03}": number for number in range(1, 32)} | {"all": 31}
    assert summary["rows"] == 62


def test_errors_of_reduce_name_the_key_and_carry_the_traceback() -> None:
    def dividing(key: str, values: Iterable[int]) -> float:
        return 1 / sum(values)

    job = LocalJob(Job(map=nothing, reduce=dividing))
    with pytest.raises(UserCodeError, match=r"(?s)reduce failed for key 'b': ZeroDivisionError.*in dividing") as caught:
        final(job, [seed_run(job, "run", [("a", 1), ("b", 0)])])
    assert isinstance(caught.value, PermanentError)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert not job.storage.exists(job.layout.result)


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), {1, 2}, [float("nan")], object()])
def test_a_result_that_json_cannot_carry_names_the_key(value: Any) -> None:
    job = LocalJob(Job(map=nothing, reduce=lambda key, values: value))
    with pytest.raises(UserCodeError, match="for key 'a': JSON cannot carry"):
        final(job, [seed_run(job, "run", [("a", 1)])])


def test_defect_7_a_broken_run_is_an_error_and_not_a_smaller_total() -> None:
    job = LocalJob(SUMS)
    key, offset, length = seed_run(job, "run", [("a", 1), ("b", 2)])
    with pytest.raises(PermanentError, match="truncated"):
        final(job, [[key, offset, length - 9]])
    broken = gzip.compress(b'["a",1]\n["b",\n')
    job.storage.seed("broken", broken)
    with pytest.raises(json.JSONDecodeError):
        final(job, [["broken", 0, len(broken)]])
    assert not job.storage.exists(job.layout.result)


def test_values_pass_through_and_a_key_that_comes_twice_is_an_error() -> None:
    job = LocalJob(Job(map=nothing, reduce=lambda key, values: "never", combine=lambda key, values: "never"))
    final(job, [seed_run(job, "0", [("a", [1]), ("c", 3)]), seed_run(job, "1", [("b", 2)])], reduce=False)
    assert job.storage.get_json(job.layout.result_json) == {"a": [1], "b": 2, "c": 3}
    with pytest.raises(PermanentError, match="'a' came twice"):
        final(job, [seed_run(job, "0", [("a", 1)]), seed_run(job, "1", [("a", 2)])], reduce=False)


def test_attempts_that_are_doubled_give_the_same_bytes() -> None:
    job = LocalJob(SUMS)
    segments = [seed_run(job, str(number), [("a", 0.1 * number), ("b", 1e17)]) for number in range(5)]
    event = job.reduce_event(segments, step=1, task=0, final=True, reduce=True)
    first, result = job.reduce(event), job.storage.get(job.layout.result_json)
    second = job.reduce({**event, "attempt": 2})
    assert (first["committed"], second["committed"]) == (True, False)
    assert job.storage.get(job.layout.result_json) == result


def test_a_job_that_has_failed_is_left_alone() -> None:
    job = LocalJob(SUMS)
    job.storage.seed(job.layout.failure, b"{}")
    with pytest.raises(JobCancelledError):
        final(job, [])


def keep_sizes_only(job: LocalJob) -> list[int]:
    """Uploads are measured instead of kept: the storage in memory must not count as the task's memory."""
    sizes: list[int] = []

    def upload_file(path: Path, key: str, metadata: object = None) -> None:
        sizes.append(path.stat().st_size)

    job.storage.upload_file = upload_file  # type: ignore[method-assign]
    return sizes


def test_defect_11_a_result_larger_than_memory_is_streamed() -> None:
    """Six times the keys, the same peak: the result never is in memory as a whole."""
    peaks = []
    for keys in (8_000, 48_000):
        job = LocalJob(SUMS)
        segment = seed_run(job, "run", ((f"key-{number:09}", number) for number in range(keys)))
        event = job.reduce_event([segment], step=1, task=0, final=True, reduce=True)
        written = keep_sizes_only(job)
        tracemalloc.start()
        job.reduce(event)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert min(written) > keys * 15
    assert peaks[1] < peaks[0] * 1.5 + 2**20


def test_reduce_may_leave_values_unread() -> None:
    job = LocalJob(Job(map=nothing, reduce=lambda key, values: next(iter(values))))
    final(job, [seed_run(job, "run", [("a", 1), ("a", 2), ("b", 3)])])
    assert job.storage.get_json(job.layout.result_json) == {"a": 1, "b": 3}
