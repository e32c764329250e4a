"""Which AWS Batch job runs when: priorities, vCPUs, arrays and dependencies, through boto3."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_the_higher_priority_goes_first_within_the_vcpus(batch: Any, tmp_path: Path) -> None:
    environment = batch.environment(vcpus=2)
    low, high = batch.queue(environment, 1), batch.queue(environment, 10)
    order, gate = tmp_path / "order", tmp_path / "gate"
    holds = f"until [ -e {gate} ]; do sleep 0.02; done"
    blocker = batch.definition("sh", "-c", holds)
    first = [batch.submit(blocker, low) for _ in range(2)]
    for job in first:
        batch.until(job, "RUNNING")
    writes = batch.definition("sh", "-c", f"echo Ref::name >> {order}")
    both = {"containerOverrides": {"resourceRequirements": [{"type": "VCPU", "value": "2"}]}}
    waiting = [batch.submit(writes, low, parameters={"name": "low"}, **both)]
    waiting += [batch.submit(writes, high, parameters={"name": name}, **both) for name in ("first", "second")]
    listed = batch.api.list_jobs(jobQueue=high, jobStatus="RUNNABLE")["jobSummaryList"]
    assert {entry["jobId"] for entry in listed} == set(waiting[1:])
    gate.touch()
    for job in waiting:
        batch.until(job)
    assert order.read_text().split() == ["first", "second", "low"]


def test_jobs_run_at_the_same_time_while_there_are_vcpus(batch: Any, tmp_path: Path) -> None:
    # Each of three waits until it sees three: they succeed together or not at all.
    script = f"touch {tmp_path}/$AWS_BATCH_JOB_ID; until [ $(ls {tmp_path} | wc -l) -ge 3 ]; do sleep 0.02; done"
    definition, queue = batch.definition("sh", "-c", script), batch.queue(batch.environment(vcpus=3))
    for job in [batch.submit(definition, queue) for _ in range(3)]:
        assert batch.until(job)["status"] == "SUCCEEDED"


def test_a_job_too_large_for_its_queue_says_so_and_can_be_cancelled(batch: Any) -> None:
    queue = batch.queue(batch.environment(vcpus=2))
    large = {"resourceRequirements": [{"type": "VCPU", "value": "8"}]}
    job = batch.submit(batch.definition("true"), queue, containerOverrides=large)
    assert "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT" in batch.until(job, "RUNNABLE")["statusReason"]
    assert batch.until(batch.submit(batch.definition("true"), queue))["status"] == "SUCCEEDED"
    batch.api.cancel_job(jobId=job, reason="too large")
    ended = batch.until(job)
    assert (ended["status"], ended["statusReason"], ended["isCancelled"]) == ("FAILED", "too large", True)


def test_an_array_and_jobs_that_depend_on_it(batch: Any, tmp_path: Path) -> None:
    queue = batch.queue()
    write = batch.definition("sh", "-c", f"echo Ref::word$AWS_BATCH_JOB_ARRAY_INDEX >> {tmp_path}/Ref::word")
    array = batch.submit(write, queue, arrayProperties={"size": 3}, parameters={"word": "a"})
    pairs = [{"jobId": array, "type": "N_TO_N"}]
    second = batch.submit(write, queue, arrayProperties={"size": 3}, parameters={"word": "b"}, dependsOn=pairs)
    script = f"sort {tmp_path}/a {tmp_path}/b | tr '\\n' ' '"
    last = batch.submit(batch.definition("sh", "-c", script), queue, dependsOn=[{"jobId": second}])
    assert batch.log(batch.until(last))[0].split() == ["a0", "a1", "a2", "b0", "b1", "b2"]
    parent = batch.describe(array)
    assert (parent["status"], parent["arrayProperties"]["statusSummary"]) == ("SUCCEEDED", {"SUCCEEDED": 3})
    children = batch.api.list_jobs(arrayJobId=array)["jobSummaryList"]
    assert sorted(child["arrayProperties"]["index"] for child in children) == [0, 1, 2]


def test_a_sequential_array_keeps_its_order_and_a_failed_child_fails_the_rest(batch: Any, tmp_path: Path) -> None:
    script = f"echo $AWS_BATCH_JOB_ARRAY_INDEX >> {tmp_path}/order; [ $AWS_BATCH_JOB_ARRAY_INDEX -lt 2 ]"
    sequence = [{"type": "SEQUENTIAL"}]
    array = batch.submit(batch.definition("sh", "-c", script), arrayProperties={"size": 5}, dependsOn=sequence)
    after = batch.submit(batch.definition("true"), dependsOn=[{"jobId": array}])
    parent = batch.until(array)
    assert (parent["status"], parent["statusReason"]) == ("FAILED", "Array Child Job failed")
    assert parent["arrayProperties"]["statusSummary"] == {"SUCCEEDED": 2, "FAILED": 3}
    assert (tmp_path / "order").read_text().split() == ["0", "1", "2"]
    assert batch.describe(f"{array}:4")["statusReason"] == "Dependent Job failed"
    assert batch.until(after)["statusReason"] == "Dependent Job failed"


def test_the_failure_of_one_fails_a_long_chain(batch: Any) -> None:
    sequence = [{"type": "SEQUENTIAL"}]
    array = batch.submit(batch.definition("false"), arrayProperties={"size": 1_500}, dependsOn=sequence)
    assert batch.until(array)["arrayProperties"]["statusSummary"] == {"FAILED": 1_500}


def test_a_job_that_is_tried_again_keeps_its_place(batch: Any, tmp_path: Path) -> None:
    queue = batch.queue(batch.environment(vcpus=1))
    count, order = tmp_path / "count", tmp_path / "order"
    script = f"echo Ref::name >> {order}; flaky {count} 2 1"
    first = batch.definition("sh", "-c", script, retryStrategy={"attempts": 3})
    second = batch.definition("sh", "-c", f"echo Ref::name >> {order}")
    jobs = [batch.submit(first, queue, parameters={"name": "first"})]
    jobs.append(batch.submit(second, queue, parameters={"name": "second"}))
    for job in jobs:
        assert batch.until(job)["status"] == "SUCCEEDED"
    assert order.read_text().split() == ["first", "first", "second"]


def test_a_dependent_job_is_pending_until_then(batch: Any) -> None:
    queue = batch.queue()
    first = batch.submit(batch.definition("sleep", "60"), queue)
    second = batch.submit(batch.definition("true"), queue, dependsOn=[{"jobId": first}])
    batch.until(first, "RUNNING")
    assert batch.describe(second)["status"] == "PENDING"
    batch.api.terminate_job(jobId=first, reason="enough")
    assert batch.until(second)["statusReason"] == "Dependent Job failed"
