"""The cost model: item by item, and against the figures that the post gives."""

import pytest

from refarch_lambdas.mapreduce.estimate import (
    POST_THROUGHPUT,
    estimate,
    implied_throughput,
    measured_throughput,
    project,
    task_time,
)
from refarch_lambdas.mapreduce.pricing import PRICES, PRICES_2016, Usage, cost_of, gb_seconds, prices_for
from refarch_lambdas.mapreduce.report import build_report

FIRST_JOB, SECOND_JOB = 25_400_000_000, 126_800_000_000


def of_the_post(size, throughput, *, mappers):
    return estimate(
        size,
        mappers=mappers,
        reducers=1,
        memory_mb=1536,
        architecture="x86_64",
        throughput=throughput,
        prices=PRICES_2016,
    )


def test_the_post_implies_25_megabytes_a_second_for_each_lambda():
    compute = PRICES_2016.gigabyte_second["x86_64"]
    throughput = implied_throughput(FIRST_JOB, 0.0249, memory_mb=1536, gigabyte_second=compute)
    assert throughput == pytest.approx(25.5e6, rel=0.001)
    assert pytest.approx(throughput, rel=0.001) == POST_THROUGHPUT


def test_at_that_throughput_the_first_job_costs_the_posts_2_49_cents_of_compute():
    cost = of_the_post(FIRST_JOB, POST_THROUGHPUT, mappers=100).cost
    assert round(cost.items["mapperCompute"] * 100, 2) == 2.49


def test_with_its_requests_the_first_job_costs_2_49_cents_and_the_second_about_11():
    """The bill of the first job sets the throughput; the second job is then predicted, not fitted."""
    requests = of_the_post(FIRST_JOB, 1e12, mappers=100).cost
    compute = 0.0249 - (requests.total - requests.items["mapperCompute"])
    rate = PRICES_2016.gigabyte_second["x86_64"]
    throughput = implied_throughput(FIRST_JOB, compute, memory_mb=1536, gigabyte_second=rate)
    first = of_the_post(FIRST_JOB, throughput, mappers=100).cost.total
    second = of_the_post(SECOND_JOB, throughput, mappers=202).cost.total
    assert round(first * 100, 2) == 2.49
    assert second * 100 == pytest.approx(11, rel=0.15)
    assert compute > 0.85 * first, "the post: the majority of the cost is Lambda"


def test_the_posts_job_is_cheaper_on_todays_default():
    now = estimate(FIRST_JOB, mappers=100, reducers=1, memory_mb=1536)
    assert now.cost.items["mapperCompute"] == pytest.approx(0.0199, abs=0.0001)
    assert now.lambda_seconds == pytest.approx(996, rel=0.001)


def test_every_item_is_its_usage_times_its_price():
    usage = Usage(
        mapper_gb_seconds=1e6,
        reducer_gb_seconds=2e6,
        coordinator_gb_seconds=3e6,
        lambda_requests=1e6,
        get_requests=1e3,
        put_requests=600,
        list_requests=400,
        sqs_requests=1e6,
        stored_gigabyte_hours=730,
    )
    cost = cost_of(usage, region="us-east-1")
    assert cost.items == pytest.approx(
        {
            "mapperCompute": 13.3334,
            "reducerCompute": 26.6668,
            "coordinatorCompute": 40.0002,
            "lambdaRequests": 0.20,
            "s3Get": 0.0004,
            "s3PutList": 0.005,
            "sqs": 0.40,
            "storage": 0.023,
        }
    )
    assert cost.total == pytest.approx(sum(cost.items.values()))


def test_x86_costs_a_quarter_more():
    usage = Usage(mapper_gb_seconds=1e6)
    assert cost_of(usage, region="eu-west-1", architecture="x86_64").total == pytest.approx(16.6667)


def test_a_region_without_a_table_borrows_one_and_says_so():
    cost = cost_of(Usage(), region="ap-southeast-2")
    assert (cost.region, cost.price_region) == ("ap-southeast-2", "us-east-1")
    assert "no table for ap-southeast-2, prices of us-east-1 used" in cost.note
    assert cost_of(Usage(), region="us-east-1").note == "list price, not a quote"


def test_an_architecture_without_a_price_is_an_error():
    with pytest.raises(ValueError, match=r"no price for architecture 'riscv'; the table of .* has arm64, x86_64"):
        cost_of(Usage(), region="us-east-1", architecture="riscv")


def test_tables_are_dated_and_name_their_source():
    for region, table in PRICES.items():
        assert table.region == region
        assert len(table.as_of) == len("2026-01-01")
        assert all(source.startswith("https://aws.amazon.com/") for source in table.sources)
    assert prices_for("us-east-1") is PRICES["us-east-1"]


def test_gigabyte_seconds():
    assert gb_seconds(2_000, 1536) == 3.0


def test_an_estimate_needs_a_throughput():
    with pytest.raises(ValueError, match="throughput must be more than 0"):
        estimate(1, mappers=1, reducers=1, memory_mb=1769, throughput=0)


def a_report(input_bytes):
    task = {
        "stage": "mapper",
        "step": 0,
        "taskId": 0,
        "attempt": 1,
        "rows": 10,
        "keys": 1,
        "bytes": input_bytes,
        "start": 0.0,
        "end": 10.0,
        "milliseconds": 10_000,
        "memoryMb": 2048,
        "segments": [[0, 100, 1]],
    }
    jobdata = {
        "jobId": "j",
        "startTime": 0.0,
        "input": [],
        "inputBytes": input_bytes,
        "totalS3Files": 1,
        "mapCount": 1,
        "reducerCount": 1,
        "taskTimeout": 900,
    }
    used = {"invocations": 2, "milliseconds": 100, "memoryMb": 512}
    place = {"region": "us-east-1", "memory_mb": 2048}
    return build_report(jobdata, [task], [], used, state="SUCCEEDED", now=12.0, result_bytes=0, **place)


def test_a_measured_job_is_projected_to_the_posts_size():
    report = a_report(254_000_000)
    projected = project(report, FIRST_JOB)
    assert projected.usage.mapper_gb_seconds == pytest.approx(2_000)
    assert projected.lambda_seconds == pytest.approx(1_000)
    assert (projected.mappers, projected.reducers) == (100, 24)
    assert measured_throughput(report) == pytest.approx(25.4e6)


def test_the_coordinator_grows_with_the_tasks_not_with_the_bytes():
    report = a_report(254_000_000)
    projected = project(report, FIRST_JOB).usage.coordinator_gb_seconds
    assert projected == pytest.approx(report["usage"]["gbSeconds"]["coordinator"] * (100 + 25))


def test_requests_of_a_projection_come_from_its_parts_not_from_the_small_job():
    small, large = project(a_report(1_000), 1_000), project(a_report(1_000), 10**9)
    assert large.requests < 100 * small.requests


def test_nothing_can_be_projected_from_an_empty_job():
    with pytest.raises(ValueError, match="job j read no bytes"):
        project(a_report(0), FIRST_JOB)
    assert measured_throughput(a_report(0)) is None


def _tasks(*sizes: tuple[int, int]) -> list[dict[str, int]]:
    return [{"rows": rows, "milliseconds": milliseconds} for rows, milliseconds in sizes]


def test_what_a_task_needs_to_start_is_told_from_what_its_rows_need() -> None:
    start, each_row = task_time(_tasks((0, 200), (1_000, 210), (2_000, 220), (10_000, 300)))
    assert start == pytest.approx(0.2)
    assert each_row == pytest.approx(0.000_01)


@pytest.mark.parametrize(
    "tasks", [_tasks((100, 500)), _tasks((100, 500), (100, 500), (100, 500)), _tasks((1, 900), (2, 500), (3, 100))]
)
def test_where_tasks_do_not_tell_all_time_is_that_of_the_rows(tasks: list[dict[str, int]]) -> None:
    start, each_row = task_time(tasks)
    assert start == 0.0
    assert each_row * sum(task["rows"] for task in tasks) == pytest.approx(
        sum(task["milliseconds"] for task in tasks) / 1000
    )


def test_a_job_without_rows_has_no_time_for_a_row() -> None:
    assert task_time([]) == (0.0, 0.0)
