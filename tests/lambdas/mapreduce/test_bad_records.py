"""Records that fail: counted, shown, tolerated or not, and nothing of them in the totals (defect 7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from refarch_lambdas.mapreduce.contract import Job
from refarch_lambdas.mapreduce.errors import (
    BadRecordsError,
)
from tests.lambdas.mapreduce.local_job import LocalJob
from tests.lambdas.mapreduce.map_jobs import SUMS, mapped, run_of, total


def test_defect_7_a_bad_record_stops_the_job_and_is_named() -> None:
    with pytest.raises(BadRecordsError, match=r"in\.txt at byte 4: ValueError.*'b,x'"):
        mapped(LocalJob(SUMS), b"a,1\nb,x\nc,3\n")


def test_tolerated_bad_records_are_counted_and_sampled() -> None:
    job = LocalJob(SUMS, tolerance={"count": 0, "fraction": 0.5})
    (summary,) = mapped(job, b"a,1\n" * 10 + b"b,x\n\xff\n" * 3 + b"c" * 500 + b"\na,1")
    assert (summary["bad"], summary["rows"], len(summary["badSamples"])) == (7, 18, 5)
    positions = {sample["offset"]: sample for sample in summary["badSamples"]}
    assert positions[40]["record"] == "b,x"
    assert "utf-8" in positions[44]["error"]
    assert run_of(job, summary) == [["a", 11]]
    with pytest.raises(BadRecordsError, match="7 bad records of 18 rows"):
        mapped(LocalJob(SUMS, tolerance={"count": 6, "fraction": 0.1}), b"a,1\n" * 11 + b"b,x\n" * 7)
    assert mapped(LocalJob(SUMS, tolerance={"count": 7, "fraction": 0.1}), b"a,1\n" * 11 + b"b,x\n" * 7)


def half_way(line: str) -> Iterator[tuple[str, Any]]:
    yield "before", 1
    if line == "stop":
        raise StopIteration
    if line == "late":
        raise RuntimeError("too late")
    yield "after", 1


WRONG_OUTPUTS: dict[str, Any] = {
    "none": None,
    "pair": ("key", 1),
    "strings": ["ab", "cd"],
    "three": [("ok", 1), ("k", 1, 2)],
    "number key": [("ok", 1), (5, 1)],
    "nan": [("ok", 1), ("k", float("nan"))],
    "infinite": [("ok", 1), ("k", [1, float("inf")])],
    "set": [("ok", 1), ("k", {1})],
    "surrogate": [("ok", 1), ("\ud800", 1)],
}


def stopping(line: str) -> list[tuple[str, int]]:
    if line == "stop":
        return [("never", next(iter([])))]
    return [("fine", 1)]


@pytest.mark.parametrize("wrong", WRONG_OUTPUTS)
def test_nothing_of_a_failing_record_gets_in(wrong: str) -> None:
    def give(line: str) -> Any:
        return [("fine", 2.5)] if line == "fine" else WRONG_OUTPUTS[wrong]

    job = LocalJob(Job(map=give, reduce=total), tolerance={"count": 1, "fraction": 0})
    (summary,) = mapped(job, b"fine\nwrong\nfine\n")
    assert (summary["bad"], summary["badSamples"][0]["offset"]) == (1, 5)
    assert run_of(job, summary) == [["fine", 2.5], ["fine", 2.5]]


def test_generators_that_fail_half_way_and_stop_iteration() -> None:
    job = LocalJob(Job(map=half_way, reduce=total), tolerance={"count": 2, "fraction": 0})
    (summary,) = mapped(job, b"x\nlate\nstop\nx\n")
    assert (summary["bad"], len(run_of(job, summary))) == (2, 4)
    job = LocalJob(Job(map=stopping, reduce=total), tolerance={"count": 1, "fraction": 0})
    (summary,) = mapped(job, b"a\nstop\nb\n")
    assert (summary["bad"], summary["rows"], run_of(job, summary)) == (1, 3, [["fine", 1], ["fine", 1]])


def test_csv_and_json_records() -> None:
    table = Job(map=lambda row: [(row[0], len(row))], reduce=total, record_format="csv", header_lines=1)
    job = LocalJob(table, tolerance={"count": 1, "fraction": 0})
    (summary,) = mapped(job, b'key,n\n"a,b",1\n\nc,"open\nd,1,2\r\n')
    assert (run_of(job, summary), summary["rows"]) == ([["a,b", 2], ["d", 3]], 3)
    assert summary["badSamples"][0]["offset"] == 15
    documents = Job(map=lambda row: [(row["k"], row["v"])], reduce=total, record_format="json")
    job = LocalJob(documents, tolerance={"count": 2, "fraction": 0})
    (summary,) = mapped(job, b'{"k":"a","v":[1]}\n\n1,2\n[3\n{"k":"b","v":null}')
    assert (run_of(job, summary), summary["bad"]) == ([["a", [1]], ["b", None]], 2)
