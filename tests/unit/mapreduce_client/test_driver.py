"""Starting, cancelling and redriving jobs."""

import re

import pytest

from refarch.mapreduce.driver import JobRequest, cancel, new_job_id, prepare, redrive, start, submit
from refarch.mapreduce.problems import DuplicateJobError, JobNotFoundError, MapReduceError
from refarch.mapreduce.progress import JobWatcher
from refarch_lambdas.mapreduce.layout import JOB_ID
from refarch_lambdas.mapreduce.plan import parse_plan_line
from tests.unit.mapreduce_client.fakes import START, WORKSPACE, FakeS3, Job, refusal

INPUT = ["s3://data/visits/"]


@pytest.fixture
def s3():
    s3 = FakeS3(page=3)
    for number in range(7):
        s3.put(f"visits/{number}", b"line\n" * 20, bucket="data")
    return s3


def watcher(s3, job_id="job-1"):
    return JobWatcher(WORKSPACE, job_id, s3=s3, clock=lambda: START + 5)


def test_a_job_is_a_plan_and_then_its_jobdata(s3):
    job = submit(WORKSPACE, INPUT, s3=s3, job_id="job-1", split_bytes=200, reducers=4, max_bad_records=5)
    assert s3.keys() == ["jobs/job-1/jobdata", "jobs/job-1/plan"]
    jobdata = s3.json("jobs/job-1/jobdata")
    plan = s3.buckets["jobs-bucket"]["jobs/job-1/plan"]
    lines = [parse_plan_line(plan[offset : offset + length]) for offset, length, _ in jobdata["tasks"]]
    assert sum(task.bytes for task in lines) == 700
    assert (job.mappers, job.reducers, job.input_bytes) == (4, 4, 700)
    del jobdata["tasks"], jobdata["startTime"]
    assert jobdata == {
        "version": 1,
        "jobId": "job-1",
        "input": INPUT,
        "mapCount": 4,
        "totalS3Files": 7,
        "inputBytes": 700,
        "reducerCount": 4,
        "concurrentLambdas": 100,
        "maxAttempts": 3,
        "taskTimeout": 900,
        "badRecordTolerance": {"count": 5, "fraction": 0.0},
    }


def test_jobdata_is_written_last_because_it_starts_the_job(s3):
    prepared = prepare(WORKSPACE, JobRequest(inputs=INPUT, job_id="job-1"), s3=s3)
    written = []
    put = s3.put_object
    s3.put_object = lambda **values: (written.append(values["Key"]), put(**values))
    start(prepared, s3=s3)
    assert written == ["jobs/job-1/plan", "jobs/job-1/jobdata"]


def test_original_defect_1_every_run_is_a_job_of_its_own(s3):
    first, second = submit(WORKSPACE, INPUT, s3=s3), submit(WORKSPACE, INPUT, s3=s3)
    assert first.job_id != second.job_id
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{6}", first.job_id)
    assert JOB_ID.fullmatch(new_job_id(0.0))
    assert new_job_id(0.0).startswith("19700101-000000-")


def test_original_defect_1_a_second_job_of_the_same_id_is_refused_and_changes_nothing(s3):
    submit(WORKSPACE, INPUT, s3=s3, job_id="job-1")
    before = dict(s3.buckets["jobs-bucket"])
    with pytest.raises(DuplicateJobError, match="there is a job 'job-1' already: choose another --job-id"):
        submit(WORKSPACE, INPUT, s3=s3, job_id="job-1", split_bytes=1)
    assert s3.buckets["jobs-bucket"] == before


def test_original_defect_9_an_empty_folder_is_a_job_that_says_so(s3):
    job = submit(WORKSPACE, ["s3://data/nothing/"], s3=s3, job_id="job-1")
    assert (job.mappers, job.reducers) == (0, 1)
    assert job.notes == ("the input holds no bytes: the job ends at once with an empty result",)
    assert s3.json("jobs/job-1/jobdata")["mapCount"] == 0


def test_notes_tell_what_is_left_out_and_what_is_read_once(s3):
    s3.put("visits/empty", b"", bucket="data")
    prepared = prepare(WORKSPACE, JobRequest(inputs=[*INPUT, "s3://data/visits/1"]), s3=s3)
    assert prepared.notes == (
        "1 empty object left out",
        "1 object named by more than one input and read once",
    )


def test_every_problem_of_a_request_is_named_at_once(s3):
    request = JobRequest(
        inputs=["nonsense", "s3://jobs-bucket/jobs/"],
        job_id="Upper",
        split_bytes=-1,
        reducers=5_000,
        max_bad_records=-1,
        max_bad_fraction=2.0,
    )
    with pytest.raises(MapReduceError) as raised:
        prepare(WORKSPACE, request, s3=s3)
    for part in ("'nonsense'", "workspace itself", "'Upper'", "got -1", "1 to 1024, got 5000", "0 to 1, got 2.0"):
        assert part in str(raised.value)
    assert s3.keys() == []


def test_cancel_leaves_a_failure_for_the_workers_to_see(s3):
    Job(s3).written()
    assert cancel(watcher(s3), clock=lambda: START) is True
    assert s3.json("jobs/job-1/failure") == {
        "state": "CANCELLED",
        "reason": "cancelled by its user",
        "at": START,
        "redrive": 0,
    }


def test_a_job_that_fails_at_that_moment_keeps_its_own_failure(s3):
    Job(s3).written()
    looking = watcher(s3)
    snapshot = looking.look()
    looking.look = lambda: snapshot
    Job(s3).failed("mapper 0 failed")
    assert cancel(looking) is False
    assert s3.json("jobs/job-1/failure")["reason"] == "mapper 0 failed"


def test_an_ended_job_cannot_be_cancelled(s3):
    Job(s3).written().succeeded()
    with pytest.raises(MapReduceError, match="job 'job-1' has ended already: SUCCEEDED"):
        cancel(watcher(s3))


def test_an_unknown_job_is_not_found(s3):
    for act in (cancel, redrive):
        with pytest.raises(JobNotFoundError, match="no job 'job-1' in s3://jobs-bucket/jobs/"):
            act(watcher(s3))


def test_redrive_makes_the_old_end_history(s3):
    job = Job(s3).written().failed().report("FAILED", reason="mapper 0 failed")
    looking = watcher(s3)
    assert redrive(looking) == 1
    assert looking.look().state == "RUNNING", "the coordinator has not removed the old report yet"
    job.failed("mapper 1 failed this time").report("FAILED", reason="other", now=START + 50)
    assert looking.look().state == "FAILED"
    assert redrive(looking) == 2


def test_redrive_waits_for_the_report_that_would_end_the_new_run(s3):
    job = Job(s3).written().failed()
    redrive(watcher(s3), sleep=lambda _: job.report("FAILED", reason="mapper 0 failed"))
    assert len(s3.json("jobs/job-1/redrive.1")["supersedes"]) == 2


def test_only_jobs_that_failed_are_redriven(s3):
    job = Job(s3).written()
    with pytest.raises(MapReduceError, match="only FAILED and CANCELLED jobs can be redriven; 'job-1' is RUNNING"):
        redrive(watcher(s3))
    job.succeeded()
    with pytest.raises(MapReduceError, match="is SUCCEEDED"):
        redrive(watcher(s3))


def test_two_redrives_at_once_are_one(s3):
    Job(s3).written().failed().report("FAILED", reason="x")
    looking = watcher(s3)
    looking.store.create_json = lambda *_: False
    with pytest.raises(MapReduceError, match="redrive 1 of job 'job-1' was started by somebody else just now"):
        redrive(looking)


def test_a_create_that_is_always_contended_gives_up(s3):
    s3.refuse["PutObject"] = refusal("PutObject", "ConditionalRequestConflict")
    with pytest.raises(MapReduceError, match="is being written by somebody else"):
        submit(WORKSPACE, INPUT, s3=s3)
