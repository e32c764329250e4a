"""Query documents and an independent way to their results, shared by the tests of declarative jobs."""

from __future__ import annotations

import csv
import json
import math
import re
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from refarch_lambdas.mapreduce.contract import Job
from refarch_lambdas.mapreduce.query.check import parse
from refarch_lambdas.mapreduce.query.job import query_job
from tests.lambdas.mapreduce.local_job import LocalJob, slices_of

NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.IGNORECASE | re.ASCII)
AGGREGATES = [
    {"function": "sum", "column": "amount"},
    {"function": "avg", "column": "amount"},
    {"function": "min", "column": "amount"},
    {"function": "max", "column": "name"},
    {"function": "count", "column": "amount"},
    {"function": "count", "column": "*"},
]
FILTERS = [{"column": "kind", "operator": "!=", "value": "none"}]
COLUMNS = ["name", "kind", {"name": "amount", "type": "number"}]
SQL = """SELECT substr(name,1,2), sum(amount), avg(amount), min(amount), max(name), count(amount), count(*)
FROM records WHERE kind <> 'none' GROUP BY substr(name,1,2)"""


def job_of(document: dict[str, Any]) -> Job:
    query, problems = parse(document)
    assert query is not None, problems
    return query_job(query)


def document(form: str, **more: Any) -> dict[str, Any]:
    return {
        "format": form,
        "columns": COLUMNS,
        "group_by": [{"column": "name", "start": 1, "length": 2}],
        "aggregates": AGGREGATES,
        "filters": FILTERS,
        **more,
    }


def run(
    body: bytes, document: dict[str, Any], cuts: Iterable[int] = (), *, reducers: int = 2, bad: int = 10_000
) -> Any:
    """(result, rows, bad records) of a whole job, one mapper a slice."""
    job = LocalJob(job_of(document), reducers=reducers, tolerance={"count": bad, "fraction": 0.0})
    mapped = job.map_all([[part] for part in slices_of(job.storage, "in.data", body, sorted({*cuts}))])
    job.reduce_all(mapped)
    rows, spoilt = (sum(summary[name] for summary in mapped) for name in ("rows", "bad"))
    return job.storage.get_json(job.layout.result_json), rows, spoilt


def expected(records: Sequence[tuple[Any, Any, Any]]) -> dict[str, list[Any]]:
    """What SQLite makes of the good records."""
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE records (name TEXT, kind TEXT, amount REAL)")
        database.executemany("INSERT INTO records VALUES (?,?,?)", records)
        return {row[0]: list(row[1:]) for row in database.execute(SQL)}


def good_csv_lines(body: bytes) -> tuple[list[tuple[Any, Any, Any]], int]:
    """(good records, number of all) of lines of CSV, by Python's csv and one line at a time."""
    good, count = [], 0
    for raw in body.split(b"\n"):
        try:
            line = raw.removesuffix(b"\r").decode()
            if not line or line.isspace():
                continue
            count += 1
            name, kind, amount = next(csv.reader([line], strict=True))
        except UnicodeDecodeError:
            count += 1
        except (ValueError, csv.Error):
            pass
        else:
            if amount == "" or (NUMBER.fullmatch(amount) and math.isfinite(float(amount))):
                good.append((name, kind, float(amount) if amount else None))
    return good, count


def good_json_lines(body: bytes) -> tuple[list[tuple[Any, Any, Any]], int]:
    """The same of JSON lines."""
    good, count = [], 0
    for line in body.decode().split("\n"):
        if not line.strip():
            continue
        count += 1
        try:
            found = json.loads(line)
            good.append((found["name"], found["kind"], found["amount"]))
        except (ValueError, TypeError):
            pass
    return good, count


def same(result: dict[str, list[Any]], wanted: dict[str, list[Any]]) -> None:
    assert result.keys() == wanted.keys()
    for key, values in wanted.items():
        for got, want in zip(result[key], values, strict=True):
            assert got == (pytest.approx(want, rel=1e-12, abs=1e-12) if isinstance(want, float) else want), key
