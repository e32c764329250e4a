"""`refarch mapreduce …`, every command and every way it can go wrong, without AWS."""

import json
import subprocess
import sys

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, NoRegionError
from click.testing import CliRunner

from refarch.cli.mapreduce import mapreduce
from tests.unit.mapreduce_client.fakes import (
    OUTPUT,
    FakeCloudFormation,
    FakeS3,
    FakeSurroundings,
    Job,
    a_failure,
    a_task,
    client_of,
    refusal,
)

INPUT = ["--input", "s3://data/visits/"]


@pytest.fixture
def s3():
    s3 = FakeS3(page=50)
    for number in range(2):
        s3.put(f"visits/{number}", b"line\n" * 20, bucket="data")
    return s3


@pytest.fixture
def job(s3):
    return Job(s3)


def call(s3, *words, script=(), cloudformation=None):
    surroundings = FakeSurroundings(s3, cloudformation, script)
    return CliRunner().invoke(mapreduce, list(words), obj=surroundings)


def test_run_shows_progress_cost_and_the_head_of_the_result(s3, job):
    script = [
        lambda: job.state().commit("mapper", 0),
        lambda: job.commit("mapper", 1).state("reducer", step=1, count=1),
        lambda: job.commit("reducer", 0, step=1).succeeded(),
    ]
    done = call(s3, "run", "Visits", *INPUT, "--split-size", "100", "--job-id", "job-1", script=script)
    assert done.exit_code == 0, done.output
    for part in (
        "2 objects, 200 B: 2 mappers, 1 reducer",
        "job job-1 started",
        "map: mappers 1/2, reducers 0/1, 100 B of 200 B, 1,000 rows",
        "reduce: mappers 2/2",
        "job job-1: SUCCEEDED after 9 s",
        "2,000 rows, 200 B of input, 222 rows a second",
        "GB-seconds billed",
        "requests: 7 Lambda",
        "list price, not a quote; us-east-1, prices of 20",
        "result: s3://jobs-bucket/jobs/job-1/result",
        "  67.23.87,5.87",
    ):
        assert part in done.output


def test_run_packs_small_objects_and_splits_by_request(s3):
    done = call(s3, "run", "Visits", *INPUT, "--split-size", "50", "--reducers", "3", "--no-wait", "--job-id", "j")
    assert "4 mappers, 3 reducers" in done.output
    assert s3.json("jobs/j/jobdata")["mapCount"] == 4
    assert "watch it with: refarch mapreduce wait Visits j" in done.output


def test_tolerance_reaches_the_job(s3):
    call(
        s3, "run", "Visits", *INPUT, "--job-id", "j", "--no-wait", "--max-bad-records", "7", "--max-bad-fraction", "0.1"
    )
    assert s3.json("jobs/j/jobdata")["badRecordTolerance"] == {"count": 7, "fraction": 0.1}


def test_run_estimate_starts_nothing(s3):
    done = call(s3, "run", "Visits", *INPUT, "--estimate")
    assert done.exit_code == 0
    assert "estimate for 200 B: about" in done.output
    assert s3.keys() == []


def test_run_writes_a_timeline(s3, job, tmp_path):
    page = tmp_path / "job.html"
    words = ("run", "Visits", *INPUT, "--job-id", "job-1", "--timeline", str(page))
    done = call(s3, *words, script=[lambda: job.succeeded()])
    assert done.exit_code == 0, done.output
    assert page.read_text().startswith("<!doctype html>")


def test_ctrl_c_leaves_the_job_running_and_says_how_to_come_back(s3, job):
    script = [lambda: job.state(), KeyboardInterrupt()]
    done = call(s3, "run", "Visits", *INPUT, "--job-id", "job-1", "--region", "eu-west-1", script=script)
    assert done.exit_code == 130
    assert "job job-1 runs on. Come back to it with one of:" in done.output
    for verb in ("status", "wait", "cancel"):
        assert f"refarch mapreduce {verb} Visits job-1 --region eu-west-1" in done.output
    assert job.layout.failure not in s3.buckets["jobs-bucket"]


def test_a_failed_run_tells_the_task_the_reason_the_records_and_the_way_on(s3, job):
    sample = {"key": "visits/0", "offset": 17, "record": "bad,line", "error": "ValueError: no number"}
    failure = a_failure(errorType="BadRecordsError", error="1 bad record")
    script = [
        lambda: job.state(failures=[failure]).failed(),
        lambda: job.report(
            "FAILED",
            reason="mapper task 0 failed at attempt 1",
            tasks=[a_task("mapper", 1, bad=1, badSamples=[sample])],
            failures=[failure],
        ),
    ]
    done = call(s3, "run", "Visits", *INPUT, "--job-id", "job-1", script=script)
    assert done.exit_code == 1
    for part in (
        "mapper 0, attempt 1 failed: BadRecordsError: 1 bad record",
        "job job-1 FAILED: mapper task 0 failed at attempt 1",
        "visits/0 at byte 17: ValueError: no number: 'bad,line'",
        "refarch mapreduce redrive Visits job-1",
        "1 failed attempt; their billed time is an estimate",
    ):
        assert part in done.output
    assert done.output.count("attempt 1 failed: BadRecordsError") == 1


def test_original_defect_6_a_stalled_job_ends_the_command(s3, job):
    job.written().state()
    done = call(s3, "wait", "Visits", "job-1", script=[1_000] * 3)
    assert done.exit_code == 1
    assert "has not moved for" in done.output


def test_original_defect_9_an_empty_input_says_so(s3):
    done = call(s3, "run", "Visits", "--input", "s3://data/none/", "--no-wait")
    assert done.exit_code == 0
    assert "note: the input holds no bytes" in done.output


def test_original_defect_1_a_job_id_is_used_once(s3):
    words = ("run", "Visits", *INPUT, "--job-id", "j", "--no-wait")
    assert call(s3, *words).exit_code == 0
    again = call(s3, *words)
    assert again.exit_code == 1
    assert "there is a job 'j' already" in again.output


def test_status(s3, job):
    job.written().state(failures=[a_failure()]).commit("mapper", 1)
    done = call(s3, "status", "Visits", "job-1")
    assert "job job-1 RUNNING" in done.output
    assert "map: mappers 1/2" in done.output
    assert "mapper 0, attempt 1 failed: TaskLost: no result" in done.output
    job.failed("it broke")
    assert "it broke" in call(s3, "status", "Visits", "job-1").output


def test_wait_returns_at_once_for_an_ended_job(s3, job):
    job.written().succeeded()
    assert call(s3, "wait", "Visits", "job-1").exit_code == 0


def test_a_failed_job_without_report(s3, job, tmp_path):
    job.written().failed("it broke")
    page = tmp_path / "t.html"
    done = call(s3, "wait", "Visits", "job-1", "--timeline", str(page), script=[30] * 2)
    assert done.exit_code == 1
    assert "no timeline: the job left no report" in done.output
    assert "job job-1 FAILED: it broke" in done.output


def test_cancel(s3, job):
    job.written()
    assert "job job-1 cancelled" in call(s3, "cancel", "Visits", "job-1").output
    again = call(s3, "cancel", "Visits", "job-1")
    assert again.exit_code == 1
    assert "has ended already: CANCELLED" in again.output


def test_redrive_follows_the_job(s3, job):
    job.written().failed().report("FAILED", reason="x")

    def coordinator():
        del s3.buckets["jobs-bucket"][job.layout.failure]
        job.succeeded()

    done = call(s3, "redrive", "Visits", "job-1", script=[coordinator])
    assert done.exit_code == 0, done.output
    assert "redrive 1 of job job-1 started" in done.output
    assert call(s3, "redrive", "Visits", "job-1").exit_code == 1


def test_redrive_without_waiting(s3, job):
    job.written().failed().report("FAILED", reason="x")
    done = call(s3, "redrive", "Visits", "job-1", "--no-wait")
    assert "watch it with: refarch mapreduce wait Visits job-1" in done.output


def test_jobs(s3, job):
    assert "no jobs" in call(s3, "jobs", "Visits").output
    job.written().succeeded()
    Job(s3, "job-2").written()
    lines = call(s3, "jobs", "Visits").output.splitlines()
    assert lines[0].startswith("job-2 ")
    assert "SUCCEEDED" in lines[1]
    assert "and 1 more" in call(s3, "jobs", "Visits", "--limit", "1").output


def test_result_to_the_terminal_and_to_a_file(s3, job, tmp_path):
    job.written().succeeded()
    assert call(s3, "result", "Visits", "job-1").output == "67.23.87,5.87\n30.94.22,96.25\n"
    assert call(s3, "result", "Visits", "job-1", "--lines", "1").output == "67.23.87,5.87\n"
    assert json.loads(call(s3, "result", "Visits", "job-1", "--json").output)["67.23.87"] == 5.87
    target = tmp_path / "result.csv"
    done = call(s3, "result", "Visits", "job-1", "--output", str(target))
    assert target.read_bytes() == b"67.23.87,5.87\n30.94.22,96.25\n"
    assert "29 B" in done.output


def test_an_empty_result_is_printed_as_nothing(s3, job):
    job.written().succeeded()
    s3.put(job.layout.result, b"")
    assert call(s3, "wait", "Visits", "job-1").exit_code == 0
    assert call(s3, "result", "Visits", "job-1", "--lines", "3").output.strip() == ""


def test_no_result_before_the_end(s3, job):
    job.written()
    done = call(s3, "result", "Visits", "job-1")
    assert done.exit_code == 1
    assert "job 'job-1' has no result: it is RUNNING" in done.output


def test_report(s3, job):
    job.written()
    assert "has no report: it is RUNNING" in call(s3, "report", "Visits", "job-1").output
    sample = {"key": "k", "offset": 1, "record": "r", "error": "E"}
    job.report("FAILED", reason="because", tasks=[a_task("mapper", 0, bad=1, badSamples=[sample])])
    done = call(s3, "report", "Visits", "job-1")
    assert "reason: because" in done.output
    assert "1 bad record skipped" in done.output
    assert "k at byte 1: E: 'r'" in done.output
    assert json.loads(call(s3, "report", "Visits", "job-1", "--json").output)["state"] == "FAILED"


def test_timeline_of_an_ended_and_of_a_running_job(s3, job, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job.written().state().commit("mapper", 0)
    assert "job-1.html (RUNNING)" in call(s3, "timeline", "Visits", "job-1").output
    running = (tmp_path / "job-1.html").read_text()
    job.succeeded()
    call(s3, "timeline", "Visits", "job-1", "--output", "other.html")
    assert ">running<" in running
    assert ">succeeded<" in (tmp_path / "other.html").read_text()


def test_estimate_from_a_throughput_and_from_a_measured_job(s3, job):
    assert "estimate for 200 B" in call(s3, "estimate", "Visits", *INPUT).output
    job.written()
    early = call(s3, "estimate", "Visits", "--from-job", "job-1", "--size", "25.4GB")
    assert early.exit_code == 1
    assert "has no report yet" in early.output
    job.succeeded()
    done = call(s3, "estimate", "Visits", "--from-job", "job-1", "--size", "25.4GB")
    assert "estimate for 25.4 GB" in done.output
    assert "estimate for 200 B" in call(s3, "estimate", "Visits", *INPUT, "--from-job", "job-1").output
    empty = Job(s3, "empty", mappers=0).written()
    empty.report(tasks=[])
    assert "read no bytes" in call(s3, "estimate", "Visits", "--from-job", "empty", "--size", "1GB").output


def test_clean(s3, job):
    job.written()
    refused = call(s3, "clean", "Visits", "job-1")
    assert refused.exit_code == 1
    assert "use --force" in refused.output
    assert "3 objects removed" in call(s3, "clean", "Visits", "job-1", "--force").output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "Nowhere", *INPUT], "there is no stack 'Nowhere'"),
        (["run", "Visits"], "no input given"),
        (["run", "Visits", "--input", "s3://no-such-bucket/x"], "there is no bucket 'no-such-bucket'"),
        (["run", "Visits", "--input", "s3://jobs-bucket/jobs/"], "takes in the workspace itself"),
        (["run", "Visits", *INPUT, "--split-size", "many"], "'many' is not a size"),
        (["run", "Visits", *INPUT, "--reducers", "0"], "reducers must be 1 to 1024, got 0"),
        (["run", "Visits", *INPUT, "--throughput", "0"], "throughput must be at least 1"),
        (["run", "Visits", *INPUT, "--name", "Wrods"], "no MapReduce named 'Wrods'; it has: Visits"),
        (["status", "Visits", "nope"], "no job 'nope'"),
        (["status", "Visits", "NOPE"], "job id 'NOPE': allowed are"),
    ],
)
def test_what_cannot_be_is_one_clear_sentence(s3, words, message):
    done = call(s3, *words)
    assert done.exit_code in (1, 2)
    assert message in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (NoCredentialsError(), "No AWS credentials found: run `aws configure`, or set AWS_PROFILE."),
        (NoRegionError(), "No AWS region given: use --region or set AWS_REGION."),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "AWS could not be reached: Could not connect"),
        (refusal("DescribeStacks", "AccessDenied"), "AWS refused DescribeStacks: access denied"),
        (refusal("DescribeStacks", "ExpiredToken"), "the credentials have expired: sign in again."),
        (refusal("DescribeStacks", "Strange", "odd thing"), "AWS refused DescribeStacks: Strange: odd thing."),
    ],
)
def test_errors_of_aws_are_one_clear_sentence(s3, error, message):
    done = call(s3, "jobs", "Visits", cloudformation=client_of(error))
    assert done.exit_code == 1
    assert message in done.output
    assert "Traceback" not in done.output


def test_access_denied_to_the_bucket(s3):
    s3.refuse["ListObjectsV2"] = refusal("ListObjectsV2", "AccessDenied")
    done = call(s3, "run", "Visits", *INPUT)
    assert "AWS refused ListObjectsV2: access denied: the credentials in use may not do this." in done.output


def test_one_of_several_is_chosen_and_kept_in_the_way_back(s3):
    formation = FakeCloudFormation([OUTPUT, OUTPUT | {"name": "Words", "prefix": "words/"}])
    words = ("run", "Visits", *INPUT, "--name", "Words", "--job-id", "j", "--no-wait")
    done = call(s3, *words, cloudformation=formation)
    assert "refarch mapreduce wait Visits j --name Words" in done.output
    assert "words/jobs/j/jobdata" in s3.buckets["jobs-bucket"]


def test_the_command_line_loads_no_cdk():
    code = "import sys, refarch.cli.mapreduce; sys.exit('aws_cdk' in sys.modules or 'jsii' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
