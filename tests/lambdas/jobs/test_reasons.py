"""Why a step failed, in one line; and the posts' submissions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from refarch_lambdas.jobs.reasons import LONGEST_CAUSE, Stream, explain, job_of, stream_of
from refarch_lambdas.jobs.submission import InvalidSubmission, request_of

JOB: dict[str, Any] = {
    "JobId": "j1",
    "JobName": "align-S1",
    "StatusReason": "Essential container in task exited",
    "Attempts": [{}, {}],
    "Container": {
        "ExitCode": 3,
        "LogStreamName": "job/default/1",
        "LogConfiguration": {"Options": {"awslogs-group": "group"}},
    },
}


def told(job: dict[str, Any], *lines: str, step: str = "align") -> str:
    return explain(step, {"Error": "States.TaskFailed", "Cause": json.dumps(job)}, lines)["Cause"]


def test_the_jobs_own_words_come_first_and_then_the_facts() -> None:
    cause = told(JOB, "loading", "refarch: align: the file is truncated", "")
    facts = "exit code 3; Essential container in task exited; 2 attempt(s); job j1 (align-S1); log job/default/1"
    assert cause == f"align: the file is truncated; {facts}"


def test_a_job_that_said_nothing_of_ours_is_quoted_by_its_last_line() -> None:
    assert told(JOB, "one", "Segmentation fault", "  ").startswith("Segmentation fault; exit code 3")
    assert told(JOB).startswith("exit code 3")


def test_what_batch_says_itself_is_in_it_and_once() -> None:
    killed = JOB | {"Container": {"Reason": "OutOfMemoryError: Container killed due to memory usage", "ExitCode": 137}}
    assert "exit code 137; OutOfMemoryError: Container killed due to memory usage; Essential" in told(killed)
    unpulled = JOB | {"StatusReason": "Task failed to start: CannotPull", "Container": {"Reason": "CannotPull"}}
    assert told(unpulled).count("CannotPull") == 1


def test_a_cause_is_one_line_of_bounded_length() -> None:
    cause = told(JOB, f"refarch: {'x' * 5000}")
    assert len(cause) == LONGEST_CAUSE
    assert "\n" not in told(JOB | {"StatusReason": "two\nlines"})


@pytest.mark.parametrize(
    ("error", "cause", "wanted"),
    [
        ("States.Timeout", "", "States.Timeout"),
        ("Batch.ClientException", "JobQueue x does not exist", "Batch.ClientException: JobQueue x does not exist"),
        ("InvalidInput", '{"errorMessage": "sampleId is empty", "errorType": "InvalidInput"}', "sampleId is empty"),
        ("Odd", "[1]", "Odd: [1]"),
    ],
)
def test_what_is_no_job_is_told_as_it_is(error: str, cause: str, wanted: str) -> None:
    assert explain("call", {"Error": error, "Cause": cause}) == {"Error": "CallFailed", "Cause": wanted}


def test_where_the_log_is() -> None:
    assert stream_of(job_of(json.dumps(JOB))) == Stream("group", "job/default/1")
    assert stream_of(JOB | {"Container": {"LogStreamName": "s"}}) == Stream("/aws/batch/job", "s")
    assert stream_of(JOB | {"Container": {}}) is None


EVENT = {"jobName": "n", "jobQueue": "q", "jobDefinition": "d", "sampleId": "S1"}


def test_the_posts_event_becomes_a_submission_and_keeps_its_own_keys_to_itself() -> None:
    assert request_of(EVENT) == {"jobName": "n", "jobQueue": "q", "jobDefinition": "d"}
    more = EVENT | {
        "parameters": {"a": "b"},
        "dependsOn": [{"jobId": "1"}],
        "shareIdentifier": "team",
        "containerOverrides": {},
    }
    assert (request_of(more)["parameters"], request_of(more)["shareIdentifier"]) == ({"a": "b"}, "team")
    assert "containerOverrides" not in request_of(more)


def test_every_problem_of_a_submission_is_said_at_once() -> None:
    with pytest.raises(InvalidSubmission) as caught:
        request_of({"jobName": " ", "jobQueue": "q", "parameters": "a=b", "dependsOn": "1", "shareIdentifier": 1})
    for name in (
        "jobName is ' '",
        "jobDefinition is None",
        "parameters is 'a=b'",
        "dependsOn is '1'",
        "shareIdentifier is 1",
    ):
        assert name in str(caught.value)
