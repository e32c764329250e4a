"""How AWS Batch jobs end: repeated, reclaimed, out of time and terminated, through boto3."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

EXITED = "Essential container in task exited"


def test_attempts_are_repeated_and_recorded(batch: Any, tmp_path: Path) -> None:
    job = batch.run("flaky", str(tmp_path / "count"), "3", "7", retryStrategy={"attempts": 5})
    assert (job["status"], len(job["attempts"])) == ("SUCCEEDED", 3)
    assert [attempt["container"]["exitCode"] for attempt in job["attempts"]] == [7, 7, 0]
    streams = [attempt["container"]["logStreamName"] for attempt in job["attempts"]]
    assert len(set(streams)) == 3
    assert batch.log(job) == ["attempt 3"]


@pytest.mark.parametrize(("code", "attempts"), [("3", 1), ("4", 2)])
def test_evaluate_on_exit_decides(batch: Any, tmp_path: Path, code: str, attempts: int) -> None:
    rules = [{"onExitCode": "3", "action": "EXIT"}, {"onExitCode": "4", "action": "RETRY"}]
    definition = batch.definition(
        "flaky", str(tmp_path / "count"), "9", code, retryStrategy={"attempts": 2, "evaluateOnExit": rules}
    )
    job = batch.until(batch.submit(definition))
    assert (job["status"], len(job["attempts"])) == ("FAILED", attempts)


def test_a_reclaimed_job_runs_again_and_a_failed_one_does_not(batch: Any, tmp_path: Path) -> None:
    rules = [{"onStatusReason": "Host EC2*", "action": "RETRY"}, {"onReason": "*", "action": "EXIT"}]
    script = f"[ -e {tmp_path}/second ] && exit 3; touch {tmp_path}/second; sleep 600"
    job = batch.submit(batch.definition("sh", "-c", script), retryStrategy={"attempts": 4, "evaluateOnExit": rules})
    batch.until(job, "RUNNING")
    while not (tmp_path / "second").exists():
        pass
    told = post(batch.cloud.endpoint_url, "reclaim", {"jobId": job})
    ended = batch.until(job)
    reasons = [attempt["statusReason"] for attempt in ended["attempts"]]
    assert reasons == [f"Host EC2 (instance {told['instanceId']}) terminated.", EXITED]
    assert (ended["status"], ended["container"]["exitCode"]) == ("FAILED", 3)
    with pytest.raises(urllib.error.HTTPError, match="400"):
        post(batch.cloud.endpoint_url, "reclaim", {"jobId": job})


def post(endpoint: str, name: str, document: Any) -> Any:
    request = urllib.request.Request(f"{endpoint}/_refarch/{name}", json.dumps(document).encode(), method="POST")
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def test_a_job_over_its_time_is_ended_and_not_repeated(batch: Any) -> None:
    job = batch.run("sleep", "600", timeout={"attemptDurationSeconds": 60}, retryStrategy={"attempts": 3})
    assert (job["status"], job["statusReason"]) == ("FAILED", "Job attempt duration exceeded timeout")
    assert (len(job["attempts"]), job["container"]["exitCode"]) == (1, 143)


@pytest.mark.parametrize(("command", "code"), [(("sleep", "600"), 143), (("stubborn",), 137)])
def test_a_terminated_job_gets_a_signal_and_then_another(
    batch: Any, until: Any, command: tuple[str, ...], code: int
) -> None:
    job = batch.submit(batch.definition(*command), retryStrategy={"attempts": 3})
    batch.until(job, "RUNNING")
    if command == ("stubborn",):
        until(lambda: batch.said(job) == ["deaf"])  # then it ignores the first signal
    batch.api.cancel_job(jobId=job, reason="a running job is not cancelled")
    assert batch.describe(job)["status"] == "RUNNING"
    batch.api.terminate_job(jobId=job, reason="not needed")
    ended = batch.until(job)
    assert (ended["status"], ended["statusReason"], ended["isTerminated"]) == ("FAILED", "not needed", True)
    assert ended["container"]["exitCode"] == code
    assert len(ended["attempts"]) == 1


def test_terminating_an_array_ends_its_children(batch: Any) -> None:
    array = batch.submit(
        batch.definition("sleep", "600"), batch.queue(batch.environment(2)), arrayProperties={"size": 4}
    )
    batch.until(f"{array}:1", "RUNNING")
    batch.api.terminate_job(jobId=array, reason="stop all")
    parent = batch.until(array)
    assert (parent["status"], parent["statusReason"]) == ("FAILED", "stop all")
    assert parent["arrayProperties"]["statusSummary"] == {"FAILED": 4}
