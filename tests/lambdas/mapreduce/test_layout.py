"""Keys are parsed whole and by number (defect 5 of the original: substrings)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch_lambdas.mapreduce.layout import JobLayout, ParsedKey, parse_key

job_ids = st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,62}\Z") | st.sampled_from(
    ["result", "reducer", "task", "results-1", "1"]
)
prefixes = st.sampled_from(["", "team/", "jobs/", "a/jobs/b/", "result/", "v1.2/"])
numbers = st.integers(0, 10**9)


@given(prefixes, job_ids, numbers, numbers)
def test_every_key_of_a_job_is_parsed_back(prefix: str, job_id: str, step: int, task: int) -> None:
    layout = JobLayout(prefix, job_id)
    expected = {
        layout.jobdata: ParsedKey(job_id, "jobdata"),
        layout.plan: ParsedKey(job_id, "plan"),
        layout.mapperstate: ParsedKey(job_id, "mapperstate"),
        layout.reducerstate(step): ParsedKey(job_id, "reducerstate", step=step),
        layout.mapper_commit(task): ParsedKey(job_id, "mapper", task_id=task),
        layout.reducer_commit(step, task): ParsedKey(job_id, "reducer", step=step, task_id=task),
        layout.result: ParsedKey(job_id, "result"),
        layout.result_json: ParsedKey(job_id, "result.json"),
        layout.report: ParsedKey(job_id, "report"),
        layout.failure: ParsedKey(job_id, "failure"),
        layout.redrive(step): ParsedKey(job_id, "redrive", step=step),
    }
    assert {key: parse_key(prefix, key) for key in expected} == expected
    assert len(expected) == 11


@given(st.text(max_size=40))
def test_what_no_job_writes_is_nothing(rest: str) -> None:
    parsed = parse_key("team/", f"other/jobs/{rest}")
    assert parsed is None


@pytest.mark.parametrize(
    "key",
    [
        "jobs/bl.release/task/mapper/1",  # defect 5: split('.')[1] broke on a dot in the id
        "jobs/job/task/mapper/result",
        "jobs/job/task/reducer/1",
        "jobs/job/task/mapper/01",
        "jobs/job/task/mapper/1 ",
        "jobs/job/task/mapper/１",  # a digit, but none of ours
        "jobs/job/result/extra",
        "jobs/job/reducerstate.x",
        "jobs//result",
        "shuffle/job/mapper/1.1",
        "xjobs/job/result",
    ],
)
def test_near_misses_are_nothing(key: str) -> None:
    assert parse_key("", key) is None


def test_defect_5_step_1_is_not_step_10_and_a_job_called_result_has_no_result() -> None:
    assert parse_key("", "jobs/result/task/reducer/10/2") == ParsedKey("result", "reducer", step=10, task_id=2)
    assert parse_key("", "jobs/result/task/mapper/1") == ParsedKey("result", "mapper", task_id=1)
    assert not JobLayout("", "bl-release2").result.startswith(JobLayout("", "bl-release").root)
    assert not JobLayout("", "job").reducer_commit(10, 0).startswith(JobLayout("", "job").reducer_commits(1))


def test_all_problems_at_once() -> None:
    with pytest.raises(ValueError, match=r"prefix '/x'.*job id 'A\.b'"):
        JobLayout("/x", "A.b")
