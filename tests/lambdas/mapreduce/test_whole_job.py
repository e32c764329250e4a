"""Map and reduce together equal a computation with one dict, however the work is cut up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from refarch_lambdas.mapreduce.contract import Job
from refarch_lambdas.mapreduce.events import TaskSettings
from tests.lambdas.mapreduce.local_job import LocalJob, slices_of

keys = st.text(st.characters(exclude_characters="\t\n\r", exclude_categories=["Cs"]), max_size=6)
records = st.lists(st.tuples(keys, st.integers(-(10**20), 10**20)), max_size=60)


def keyed(line: str) -> list[tuple[str, int]]:
    key, _, number = line.partition("\t")
    return [(key, int(number)), ("all", 1)]


def keyed_lists(line: str) -> Iterable[tuple[str, list[int]]]:
    for key, number in keyed(line):
        yield key, [number]


def total(key: str, values: Iterable[int]) -> int:
    return sum(values)


def joined(key: str, values: Iterable[list[int]]) -> list[int]:
    return sorted(number for value in values for number in value)


def expected(found: list[tuple[str, int]]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for key, number in found:
        groups.setdefault(key, []).append(number)
        groups.setdefault("all", []).append(1)
    return groups


@settings(max_examples=60, deadline=None)
@given(
    records,
    st.lists(st.integers(0, 2000), max_size=4),
    st.integers(1, 5),
    st.sampled_from([300, 3000, 10**8]),
    st.booleans(),
    st.booleans(),
)
def test_any_records_cut_anywhere(
    found: list[tuple[str, int]], cuts: list[int], reducers: int, budget: int, combining: bool, lists: bool
) -> None:
    body = "".join(f"{key}\t{number}\n" for key, number in found).encode()
    function: Any = joined if lists else total
    job = Job(map=keyed_lists if lists else keyed, reduce=function, combine=function if combining else None)
    local = LocalJob(job, reducers=reducers)
    local.settings = TaskSettings(memory_budget=budget, chunk_bytes=50, fan_in=2, download_threads=2)
    parts = slices_of(local.storage, "in", body, [min(cut, len(body)) for cut in cuts])
    result = local.run([parts[::2], parts[1::2]])
    groups = expected(found)
    if body.startswith("\ufeff".encode()):
        return  # a byte order mark at the very beginning is dropped, so that key is another one
    assert result == {key: sorted(numbers) if lists else sum(numbers) for key, numbers in groups.items()}
    assert list(result) == sorted(result)
