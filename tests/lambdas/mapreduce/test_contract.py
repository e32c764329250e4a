"""A job module is checked before anything runs, and everything that is wrong is said at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from refarch_lambdas.mapreduce.contract import load_job
from refarch_lambdas.mapreduce.errors import JobContractError
from tests.lambdas.mapreduce.local_job import write_module


def test_the_example_is_a_job() -> None:
    job = load_job("refarch_lambdas.mapreduce.examples.ad_revenue")
    assert tuple(job.map("67.23.87.1,url,2000-01-01,5.87,agent")) == (("67.23.87", 5.87),)
    assert job.combine is not None
    assert job.reduce("k", iter([0.1] * 10)) == 1.0  # a plain sum gives 0.9999999999999999
    assert (job.record_format, job.header_lines, job.result_header) == ("text", 0, None)


def test_constants_are_taken_over(tmp_path: Path) -> None:
    text = "RECORD_FORMAT='csv'\nHEADER_LINES=2\nRESULT_HEADER=['a','b']\ndef map(r): ...\ndef reduce(k, v, x=1): ...\n"
    job = load_job(write_module(tmp_path, text))
    assert (job.record_format, job.header_lines, job.result_header) == ("csv", 2, ("a", "b"))


def test_every_problem_is_listed(tmp_path: Path) -> None:
    text = """
RECORD_FORMAT = "xml"
HEADER_LINES = -1
HEADER_LINE = 3
RESULT_HEADER = "a,b"
def map(record, more): ...
combine = 3
async def reduce(key, values): ...
"""
    with pytest.raises(JobContractError) as caught:
        load_job(write_module(tmp_path, text))
    problems = "\n".join(caught.value.problems)
    for part in ("map(record, more) cannot", "combine is 3", "reduce is async", "'xml'", "HEADER_LINES is -1",
                 "RESULT_HEADER is 'a,b'", "did you mean HEADER_LINES?"):  # fmt: skip
        assert part in problems
    assert len(caught.value.problems) == 7


def test_missing_functions_and_generators(tmp_path: Path) -> None:
    with pytest.raises(JobContractError, match="reduce is a generator") as caught:
        load_job(write_module(tmp_path, "def reduce(key, values):\n    yield 1\n"))
    assert "map is missing" in str(caught.value)


@pytest.mark.parametrize("text", ["import no_such_module_here", "def map(:", "1/0"])
def test_a_module_that_cannot_be_imported(tmp_path: Path, text: str) -> None:
    with pytest.raises(JobContractError, match="cannot be imported"):
        load_job(write_module(tmp_path, text))


def test_a_module_that_does_not_exist() -> None:
    with pytest.raises(JobContractError, match="cannot be imported: ModuleNotFoundError"):
        load_job("no_such_package.job")
