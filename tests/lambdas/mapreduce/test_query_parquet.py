"""Declarative jobs over Parquet: cut by row groups, several objects a task, several batches an object."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from refarch_lambdas.mapreduce.errors import PermanentError
from refarch_lambdas.mapreduce.query import parquet_input
from tests.lambdas.mapreduce.local_job import LocalJob, slices_of
from tests.lambdas.mapreduce.query_jobs import document, expected, job_of, run, same


@pytest.fixture
def parquet(tmp_path: Path) -> bytes:
    path = tmp_path / "records.parquet"
    relation = duckdb.query(
        "SELECT chr(97 + (range % 5)::INT) || range % 3 AS name, range AS other, if(range % 7 = 0, 'none', 'k') "
        "AS kind, if(range % 11 = 0, NULL, range / 8) AS amount FROM range(9000)"
    )
    assert relation is not None
    relation.write_parquet(str(path), row_group_size=2048)
    return path.read_bytes()


@pytest.mark.parametrize("cuts", [[], [100], [30_000, 31_000, 60_000], [1, 2, 3]])
def test_parquet_by_row_groups_gives_what_sqlite_gives(parquet: bytes, cuts: list[int]) -> None:
    wanted = expected(
        [
            (f"{'abcde'[n % 5]}{n % 3}", "none" if n % 7 == 0 else "k", None if n % 11 == 0 else n / 8)
            for n in range(9000)
        ]
    )
    result, rows, bad = run(parquet, document("parquet"), [cut for cut in cuts if cut < len(parquet)])
    assert (rows, bad) == (9000, 0)
    same(result, wanted)


def test_a_task_of_several_parquet_objects_and_batches_gives_the_same(
    parquet: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The file on disk is written anew for every batch: DuckDB must not remember the last one."""
    other = tmp_path / "other.parquet"
    stored = (tmp_path / "records.parquet").as_posix()
    columns = "name, other, kind, amount + 1000 AS amount"
    duckdb.execute(f"COPY (SELECT {columns} FROM read_parquet('{stored}')) TO '{other}' (ROW_GROUP_SIZE 2048)")
    bodies = [parquet, other.read_bytes(), parquet]

    def result() -> Any:
        local = LocalJob(job_of(document("parquet")))
        parts = [part for n, body in enumerate(bodies) for part in slices_of(local.storage, f"in.{n}", body, [])]
        mapped = local.map_all([parts])
        local.reduce_all(mapped)
        return local.storage.get_json(local.layout.result_json), mapped[0]["rows"]

    whole, rows = result()
    assert rows == 27_000
    alone, _, _ = run(parquet, document("parquet"))
    moved, _, _ = run(bodies[1], document("parquet"))
    same(
        {key: [values[0], values[5]] for key, values in whole.items()},
        {key: [2 * alone[key][0] + moved[key][0], 3 * alone[key][5]] for key in alone},
    )
    monkeypatch.setattr(parquet_input, "BATCH_BYTES", 1)
    again, _ = result()
    same(again, whole)


def test_parquet_without_the_column_or_no_parquet_at_all(parquet: bytes) -> None:
    other = document("parquet", columns=["name", "kind", {"name": "revenue", "type": "number"}])
    other["aggregates"] = [{"function": "sum", "column": "revenue"}]
    with pytest.raises(
        PermanentError, match="no column 'revenue' of plain values; there are: amount, kind, name, other"
    ):
        run(parquet, other)
    with pytest.raises(PermanentError, match="does not end with PAR1"):
        run(b"a,b,1\n", document("parquet"))
