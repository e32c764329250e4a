"""Watching a job: what it shows, how little it reads, and that it always ends."""

import pytest

from refarch.mapreduce.problems import JobNotFoundError, JobStalledError, MapReduceError
from refarch.mapreduce.progress import JobWatcher, wait
from tests.unit.mapreduce_client.fakes import START, WORKSPACE, FakeS3, Job, a_failure


@pytest.fixture
def s3():
    return FakeS3(page=2)


def watcher(s3, job_id="job-1", clock=lambda: START + 5):
    return JobWatcher(WORKSPACE, job_id, s3=s3, clock=clock)


def waiting(s3, script, **options):
    """The snapshots of a wait in which `script` happens, a step for each sleep, on a clock that sleeping moves."""
    clock, steps = [0.0], list(script)

    def sleep(seconds):
        clock[0] += seconds
        if steps:
            steps.pop(0)()

    return list(wait(watcher(s3, clock=lambda: START + clock[0]), sleep=sleep, **options))


def test_a_job_from_start_to_end(s3):
    job = Job(s3, reducers=2).written()
    script = [
        lambda: job.state(),
        lambda: job.commit("mapper", 0),
        lambda: job.commit("mapper", 1).state("reducer", step=1),
        lambda: job.commit("reducer", 0, step=1).commit("reducer", 1, step=1),
        lambda: job.state("reducer", step=2, count=1, reduce=False),
        job.succeeded,
    ]
    seen = [(snap.stage, snap.mappers_done, snap.reducers_done, snap.rows) for snap in waiting(s3, script)]
    assert seen == [
        ("starting", 0, 0, 0),
        ("map", 0, 0, 0),
        ("map", 1, 0, 1_000),
        ("reduce", 2, 0, 2_000),
        ("reduce", 2, 2, 2_000),
        ("merge", 2, 2, 2_000),
        ("done", 2, 2, 2_000),
    ]


def test_totals_and_the_reasons_of_failures(s3):
    Job(s3, reducers=4).written().state(failures=[a_failure()]).commit("mapper", 1, bad=2)
    snapshot = watcher(s3).look()
    assert (snapshot.mappers_total, snapshot.reducers_total) == (2, 5)
    assert (snapshot.bytes_done, snapshot.input_bytes, snapshot.bad_records) == (100, 200, 2)
    assert snapshot.elapsed == 5.0
    assert [failure["errorType"] for failure in snapshot.failures] == ["TaskLost"]


def test_a_job_without_mappers_has_one_reducer(s3):
    Job(s3, mappers=0, reducers=1).written()
    assert watcher(s3).look().reducers_total == 1


def test_every_object_is_read_once(s3):
    job = Job(s3).written().state().commit("mapper", 0)
    looking = watcher(s3)
    looking.look()
    job.commit("mapper", 1)
    s3.calls.clear()
    assert looking.look().mappers_done == 2
    assert s3.calls.count("GetObject") == 1


def test_a_state_that_changed_is_read_again(s3):
    job = Job(s3).written().state()
    looking = watcher(s3)
    assert not looking.look().failures
    job.state(failures=[a_failure()])
    assert looking.look().failures


def test_original_defect_5_names_are_compared_whole(s3):
    """A job called like a result, another that begins with its name, and step 10 beside step 1."""
    job = Job(s3, "result").written().state("reducer", step=1, count=1).state("reducer", step=10, count=1)
    Job(s3, "result-2").written().succeeded()
    job.commit("reducer", 0, step=10)
    snapshot = watcher(s3, "result").look()
    assert (snapshot.state, snapshot.reducers_done) == ("RUNNING", 1)


def test_original_defect_6_waiting_for_a_failed_job_ends_with_its_reason(s3):
    job = Job(s3).written()
    script = [
        lambda: job.failed("mapper 0 failed at attempt 3"),
        lambda: job.report("FAILED", reason="mapper 0 failed"),
    ]
    last = waiting(s3, script)[-1]
    assert (last.state, last.reason, last.complete) == ("FAILED", "mapper 0 failed", True)


def test_original_defect_6_waiting_ends_also_when_a_failed_job_never_reports(s3):
    Job(s3).written().failed("mapper 0 failed at attempt 3")
    last = waiting(s3, [])[-1]
    assert (last.state, last.reason, last.complete) == ("FAILED", "mapper 0 failed at attempt 3", False)


def test_original_defect_6_a_job_in_which_nothing_happens_is_given_up(s3):
    Job(s3).written().state()
    with pytest.raises(JobStalledError, match=r"has not moved for .* in stage map: look at the logs of coordinator-fn"):
        waiting(s3, [], stall_seconds=30)


def test_progress_postpones_giving_up(s3):
    job = Job(s3, mappers=40).written()
    script = [lambda number=number: job.commit("mapper", number) for number in range(40)]
    snapshots = waiting(s3, [*script, job.succeeded], stall_seconds=5, poll_seconds=4)
    assert snapshots[-1].state == "SUCCEEDED"


def test_an_ended_job_needs_no_waiting(s3):
    Job(s3).written().succeeded()
    assert [snapshot.state for snapshot in waiting(s3, [])] == ["SUCCEEDED"]


def test_unknown_and_impossible_jobs(s3):
    with pytest.raises(JobNotFoundError, match="no job 'job-1'"):
        watcher(s3).look()
    with pytest.raises(MapReduceError, match=r"job id '\.\./x'"):
        watcher(s3, "../x")
