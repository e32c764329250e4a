"""Listing jobs and removing what they left."""

import pytest

from refarch.mapreduce.cleaning import clean, list_jobs
from refarch.mapreduce.problems import JobNotFoundError, MapReduceError
from refarch.mapreduce.progress import JobWatcher
from refarch.mapreduce.store import JobStore
from tests.unit.mapreduce_client.fakes import WORKSPACE, FakeS3, Job


@pytest.fixture
def s3():
    return FakeS3(page=100)


def watcher(s3, job_id="job-1"):
    return JobWatcher(WORKSPACE, job_id, s3=s3)


def test_original_defect_16_clean_removes_everything_of_a_job_and_nothing_of_others(s3):
    Job(s3).written().succeeded()
    Job(s3, "job-10").written()
    for number in range(2_345):
        s3.put(f"shuffle/job-1/mapper/{number}", b"data")
    s3.put("shuffle/job-10/mapper/0", b"data")
    assert clean(watcher(s3)) == 2_345 + 5
    assert s3.keys() == ["jobs/job-10/jobdata", "jobs/job-10/plan", "shuffle/job-10/mapper/0"]


def test_jobdata_goes_last(s3):
    Job(s3).written().succeeded()
    s3.put("shuffle/job-1/x", b"")
    order = []
    s3.delete_objects = lambda **values: (order.extend(each["Key"] for each in values["Delete"]["Objects"]), {})[1]
    clean(watcher(s3))
    assert order[0] == "shuffle/job-1/x"
    assert order[-1] == "jobs/job-1/jobdata"


def test_a_running_job_is_refused(s3):
    Job(s3).written()
    with pytest.raises(MapReduceError, match="job 'job-1' is running: cancel it first, or use --force"):
        clean(watcher(s3))
    assert clean(watcher(s3), force=True) == 3, "plan, jobdata and the mark that cancelled it"
    assert s3.keys() == []


def test_a_job_that_never_started_can_be_cleaned(s3):
    s3.put("jobs/job-1/plan", b"")
    assert clean(watcher(s3)) == 1


def test_nothing_to_remove(s3):
    with pytest.raises(JobNotFoundError, match="nothing to remove"):
        clean(watcher(s3))


def test_what_s3_would_not_delete_is_named():
    s3 = FakeS3()
    s3.delete_objects = lambda **_: {"Errors": [{"Key": "k", "Code": "AccessDenied", "Message": "no"}]}
    with pytest.raises(MapReduceError, match="S3 refused to delete 1 objects, first k: AccessDenied no"):
        JobStore(s3, "jobs-bucket").delete(["k"])


def test_jobs_are_listed_the_latest_first(s3):
    s3.page = 2
    for number, job_id in enumerate(["a", "b", "c", "d"]):
        job = Job(s3, job_id)
        job.jobdata["startTime"] += number
        job.written()
    Job(s3, "a").succeeded()
    Job(s3, "b").failed(state="CANCELLED")
    s3.put("jobs/e/plan", b"")
    s3.put("jobs/Not-A-Job/file", b"")
    lines = list_jobs(WORKSPACE, s3=s3)
    assert [(line.job_id, line.state) for line in lines] == [
        ("d", "RUNNING"),
        ("c", "RUNNING"),
        ("b", "CANCELLED"),
        ("a", "SUCCEEDED"),
        ("e", "NOT STARTED"),
    ]
    assert lines[3].dollars is not None
