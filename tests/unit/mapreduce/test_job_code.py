"""JobCode: what becomes part of the functions, and what is refused before anything is deployed."""

from __future__ import annotations

from pathlib import Path

import pytest

from refarch._shared.checks import InvalidPropsError
from refarch.mapreduce import JobCode
from refarch.mapreduce.job_code import InvalidJobCodeError

JOB = "def map(record): ...\ndef reduce(key, values): ...\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_one_file_is_imported_by_its_name(job_file: Path) -> None:
    job = JobCode.from_path(str(job_file))
    assert (job.module, dict(job.files)) == ("word_count", {"word_count.py": job_file})


def test_a_folder_comes_with_all_its_files_but_caches_and_hidden_ones(tmp_path: Path) -> None:
    for name in ("jobs/count.py", "jobs/__init__.py", "words.txt", "jobs/__pycache__/count.pyc", ".git/config"):
        write(tmp_path / name, JOB)
    job = JobCode.from_directory(tmp_path, module="jobs.count")
    assert job.module == "jobs.count"
    assert sorted(job.files) == ["jobs/__init__.py", "jobs/count.py", "words.txt"]


def test_the_bundled_job_is_part_of_the_engine() -> None:
    assert JobCode.bundled() == JobCode(module="refarch_lambdas.mapreduce.examples.ad_revenue", files={})


def test_an_unknown_bundled_job_names_those_that_there_are() -> None:
    with pytest.raises(InvalidJobCodeError, match=r"no bundled job 'revenue'; there are: .*ad_revenue"):
        JobCode.bundled("revenue")


@pytest.mark.parametrize(
    "text",
    [
        JOB,
        "from somewhere import map, reduce\n",
        "from somewhere import *\n",
        "map = reduce = print\n",
        "import numpy as map\nreduce: object = sum\n",
        "try:\n    from fast import map\nexcept ImportError:\n    def map(record): ...\nif True:\n    reduce = sum\n",
    ],
)
def test_however_a_module_comes_by_its_names(tmp_path: Path, text: str) -> None:
    assert JobCode.from_path(write(tmp_path / "job.py", text)).module == "job"


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", "map, reduce"),
        ("def map(record): ...\n", "reduce"),
        ("class Job:\n    def map(self): ...\n    def reduce(self): ...\n", "map, reduce"),
        ("def main():\n    def map(record): ...\n    reduce = 1\n", "map, reduce"),
        ("map: object\nreduce: object\n", "map, reduce"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, text: str, missing: str) -> None:
    with pytest.raises(InvalidJobCodeError, match=f"job.py: .*; missing here: {missing}$"):
        JobCode.from_path(write(tmp_path / "job.py", text))


def test_the_module_is_read_and_not_run(tmp_path: Path) -> None:
    JobCode.from_path(write(tmp_path / "job.py", JOB + "raise SystemExit('it ran')\n"))


def test_a_syntax_error_has_its_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidJobCodeError, match=r"job\.py:2: "):
        JobCode.from_path(write(tmp_path / "job.py", "x = 1\ndef map(:\n"))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidJobCodeError, match=r"job\.py"):
        JobCode.from_path(write(tmp_path / "job.py", "x = '\0'\n"))


@pytest.mark.parametrize("name", ["job.txt", "job", "my.job.py"])
def test_a_name_that_cannot_be_imported_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidJobCodeError, match="a job is a Python file"):
        JobCode.from_path(write(tmp_path / name, JOB))


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidJobCodeError, match=r"absent\.py: no such file"):
        JobCode.from_path(tmp_path / "absent.py")
    with pytest.raises(InvalidJobCodeError, match="absent: no such folder"):
        JobCode.from_directory(tmp_path / "absent", module="job")
    with pytest.raises(InvalidJobCodeError, match=r"count\.py: no such file"):
        JobCode.from_directory(tmp_path, module="jobs.count")


def test_a_caller_catches_one_kind_of_error() -> None:
    assert issubclass(InvalidJobCodeError, InvalidPropsError)
