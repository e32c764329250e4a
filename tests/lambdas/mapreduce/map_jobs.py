"""Jobs that the mapper's tests share, and how to look into what a mapper leaves."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from typing import Any

from refarch_lambdas.mapreduce.contract import Job
from tests.lambdas.mapreduce.local_job import LocalJob, slices_of


def by_first_field(line: str) -> list[tuple[str, int]]:
    key, number = line.split(",")
    return [(key, int(number))]


def total(key: str, values: Iterable[int]) -> int:
    return sum(values)


SUMS = Job(map=by_first_field, reduce=total, combine=total)
NO_COMBINE = Job(map=by_first_field, reduce=total)


def mapped(job: LocalJob, body: bytes, name: str = "in.txt", cuts: Iterable[int] = ()) -> list[dict[str, Any]]:
    return job.map_all([[part] for part in slices_of(job.storage, name, body, list(cuts))])


def run_of(job: LocalJob, summary: dict[str, Any], partition: int = 0) -> list[Any]:
    """The sorted run of a partition, read with nothing but gzip and json."""
    offset, length, pairs = summary["segments"][partition]
    packed = job.storage.get(summary["data"])[offset : offset + length] if length else gzip.compress(b"")
    rows = [json.loads(line) for line in gzip.decompress(packed).splitlines()]
    assert len(rows) == pairs
    return rows
