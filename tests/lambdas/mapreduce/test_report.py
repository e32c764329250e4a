"""The report: totals, usage and cost from what the tasks committed."""

import json

import pytest

from refarch_lambdas.mapreduce.pricing import BYTES_PER_GIGABYTE
from refarch_lambdas.mapreduce.report import build_report

JOBDATA = {
    "version": 1,
    "jobId": "j",
    "startTime": 100.0,
    "input": ["s3://b/p"],
    "mapCount": 2,
    "totalS3Files": 3,
    "inputBytes": 500,
    "reducerCount": 2,
    "taskTimeout": 60,
}
COORDINATOR = {"invocations": 5, "milliseconds": 400, "memoryMb": 512}


def task(stage, step, number, **values):
    return {
        "jobId": "j",
        "stage": stage,
        "step": step,
        "taskId": number,
        "attempt": 1,
        "segments": [[0, 1000, 10]],
        "rows": 100,
        "bad": 0,
        "badSamples": [],
        "bytes": 250,
        "keys": 10,
        "start": 101.0,
        "end": 103.0,
        "milliseconds": 2_000,
        "memoryMb": 1024,
        "maxRssMb": 88.5,
        "coldStart": True,
        "requests": {"get": 3, "put": 2, "list": 1},
    } | values


TASKS = [
    task("reducer", 2, 0, keys=18, rows=20),
    task("reducer", 1, 1, keys=8),
    task("mapper", 0, 1),
    task("reducer", 1, 0, keys=10),
    task("mapper", 0, 0),
]
FAILURE = {
    "stage": "mapper",
    "step": 0,
    "id": 1,
    "attempt": 1,
    "errorType": "TaskLost",
    "error": "gone",
    "at": 111.0,
    "startedAt": 101.0,
}


def report(tasks=TASKS, failures=(), coordinator=COORDINATOR, state="SUCCEEDED", jobdata=JOBDATA, **values):
    values = {"now": 110.0, "result_bytes": 700, "region": "us-east-1", "memory_mb": 1024} | values
    return build_report(jobdata, tasks, failures, coordinator, state=state, **values)


def test_totals():
    document = report()
    wanted = (
        "state",
        "rows",
        "keys",
        "inputBytes",
        "inputObjects",
        "mapCount",
        "reducerCount",
        "resultBytes",
        "seconds",
    )
    assert {name: document[name] for name in wanted} == {
        "state": "SUCCEEDED",
        "rows": 200,
        "keys": 18,
        "inputBytes": 500,
        "inputObjects": 3,
        "mapCount": 2,
        "reducerCount": 2,
        "resultBytes": 700,
        "seconds": 10.0,
    }
    assert document["reason"] is None


def test_keys_are_those_of_the_last_step_also_where_the_first_is_the_last():
    assert report(tasks=[task("mapper", 0, 0), task("reducer", 1, 0, keys=7)])["keys"] == 7


def test_usage_by_role():
    usage = report()["usage"]
    assert usage["invocations"] == {"mapper": 2, "reducer": 3, "coordinator": 5}
    assert usage["gbSeconds"] == pytest.approx({"mapper": 4.0, "reducer": 6.0, "coordinator": 0.2, "total": 10.2})
    assert usage["requests"] == {"get": 5 * 3 + 5 * 4, "put": 5 * 2 + 5, "list": 5 + 5, "sqs": 18}
    assert usage["storedGbHours"] == pytest.approx(5_700 / BYTES_PER_GIGABYTE)
    assert usage["estimated"] == ["failed attempts", "sqs requests", "coordinator S3"]


def test_requests_that_the_coordinator_counted_are_used():
    usage = report(coordinator=COORDINATOR | {"requests": {"get": 1, "put": 2, "list": 3}})["usage"]
    assert usage["requests"] == {"get": 16, "put": 12, "list": 8, "sqs": 18}
    assert "coordinator S3" not in usage["estimated"]


def test_cost_is_itemised_and_dated():
    cost = report()["cost"]
    assert cost["items"]["mapperCompute"] == pytest.approx(4 * 0.0000133334)
    assert cost["total"] == pytest.approx(sum(cost["items"].values()))
    assert cost["currency"] == "USD"
    assert cost["pricesAsOf"]
    assert cost["region"] == "us-east-1"


def test_tasks_come_in_order_with_what_a_timeline_needs():
    rows = report()["tasks"]
    assert [(row["stage"], row["step"], row["id"]) for row in rows] == [
        ("mapper", 0, 0),
        ("mapper", 0, 1),
        ("reducer", 1, 0),
        ("reducer", 1, 1),
        ("reducer", 2, 0),
    ]
    assert rows[0]["maxRssMb"] == 88.5
    assert rows[0]["coldStart"] is True


def test_failed_attempts_are_billed_from_dispatch_to_failure_and_marked_as_estimates():
    document = report(failures=[FAILURE])
    (row,) = document["failures"]
    assert row["billedIsEstimate"] is True
    assert row["gbSeconds"] == pytest.approx(10.0)
    assert document["usage"]["gbSeconds"]["mapper"] == pytest.approx(14.0)
    assert document["usage"]["estimatedGbSeconds"] == pytest.approx(10.0)
    assert document["usage"]["invocations"]["mapper"] == 3


@pytest.mark.parametrize(
    ("started", "seconds"),
    [(111.0 - 500, 60), (None, 0), (0.0, 0), (112.0, 0)],
    ids=["longer than the timeout", "unknown", "never started", "clocks differ"],
)
def test_the_time_of_a_failed_attempt_is_bounded(started, seconds):
    (row,) = report(failures=[FAILURE | {"startedAt": started}])["failures"]
    assert row["gbSeconds"] == seconds


def test_reducers_may_have_another_memory():
    failures = [FAILURE | {"stage": "reducer", "step": 1}]
    document = report(failures=failures, memory_mb=1024, reducer_memory_mb=2048)
    assert document["failures"][0]["gbSeconds"] == pytest.approx(20.0)
    assert document["memoryMb"] == {"mapper": 1024, "reducer": 2048}


def test_bad_records_are_counted_and_the_first_twenty_shown():
    sample = {"key": "k", "offset": 1, "record": "x", "error": "ValueError"}
    tasks = [task("mapper", 0, number, bad=7, badSamples=[sample] * 5) for number in range(6)]
    document = report(tasks=tasks)
    assert document["badRecords"] == 42
    assert document["badSamples"] == [sample] * 20


def test_a_failed_job_has_a_reason_and_no_keys():
    document = report(state="FAILED", reason="mapper 1 failed")
    assert (document["state"], document["reason"], document["keys"]) == ("FAILED", "mapper 1 failed", 0)


def test_a_job_without_input_has_a_report_too():
    empty = JOBDATA | {"mapCount": 0, "inputBytes": 0, "totalS3Files": 0, "reducerCount": 1}
    document = report(tasks=[], jobdata=empty, coordinator={}, result_bytes=0)
    assert (document["rows"], document["keys"], document["tasks"]) == (0, 0, [])
    assert document["cost"]["total"] >= 0


def test_clocks_that_differ_give_no_negative_duration():
    assert report(now=99.0)["seconds"] == 0.0


def test_another_state_is_refused():
    with pytest.raises(ValueError, match="state must be SUCCEEDED, FAILED or CANCELLED, got 'DONE'"):
        report(state="DONE")


def test_the_report_is_json():
    assert json.loads(json.dumps(report(failures=[FAILURE])))["jobId"] == "j"
