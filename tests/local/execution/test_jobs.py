"""AWS Batch jobs through boto3: they run, in order, and end as AWS tells it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

EXITED = "Essential container in task exited"


def test_a_job_reads_and_writes_s3(batch: Any) -> None:
    s3 = batch.cloud.client("s3")
    s3.create_bucket(Bucket="job-data")
    s3.put_object(Bucket="job-data", Key="in", Body=b"acgt")
    job = batch.run("copy", "Ref::bucket", "in", "out", parameters={"bucket": "job-data"})
    assert (job["status"], job["statusReason"], job["container"]["exitCode"]) == ("SUCCEEDED", EXITED, 0)
    assert s3.get_object(Bucket="job-data", Key="out")["Body"].read() == b"ACGT"
    assert batch.log(job) == ["copied 4"]
    assert job["createdAt"] <= job["startedAt"] <= job["stoppedAt"]


def test_a_job_knows_itself_and_takes_overrides(batch: Any) -> None:
    properties = {"environment": [{"name": "COLOUR", "value": "red"}, {"name": "SHAPE", "value": "round"}]}
    queue = batch.queue()
    overrides = {"command": ["env"], "environment": [{"name": "COLOUR", "value": "blue"}]}
    overrides |= {"resourceRequirements": [{"type": "VCPU", "value": "2"}]}
    job = batch.run("false", properties=properties, queue=queue, containerOverrides=overrides)
    said = dict(line.split("=", 1) for line in batch.log(job) if "=" in line)
    assert {name: said[name] for name in ("COLOUR", "SHAPE", "FLAVOUR")} == {
        "COLOUR": "blue",
        "SHAPE": "round",
        "FLAVOUR": "local",  # of the registry
    }
    assert (said["AWS_BATCH_JOB_ID"], said["AWS_BATCH_JQ_NAME"]) == (job["jobId"], queue)
    assert (said["AWS_BATCH_JOB_ATTEMPT"], said["AWS_DEFAULT_REGION"]) == ("1", "us-east-1")
    assert said["AWS_BATCH_CE_NAME"].startswith("environment-")
    assert said["AWS_ENDPOINT_URL"] == batch.cloud.endpoint_url
    assert {"type": "VCPU", "value": "2"} in job["container"]["resourceRequirements"]
    assert job["container"]["logStreamName"].split("/")[0] == job["jobDefinition"].split("/")[1].split(":")[0]


def test_mounts_are_where_the_command_looks_for_them(batch: Any) -> None:
    scratch = {"mountPoints": [{"containerPath": "/scratch", "sourceVolume": "s"}], "volumes": [{"name": "s"}]}
    script = "cat /reference/genome.fa > /scratch/x && cat /scratch/x && cat $REFARCH_MOUNT_REFERENCE/genome.fa"
    job = batch.run("sh", "-c", script, properties=scratch)
    assert batch.log(job) == [">chr1", ">chr1"]


def test_an_image_brings_its_own_command(batch: Any) -> None:
    assert batch.log(batch.run(image="registry.example.com/team/worker:7")) == ["the command of the image"]


def test_logs_go_where_the_definition_says(batch: Any) -> None:
    options = {"awslogs-group": "/team/jobs", "awslogs-stream-prefix": "bwa"}
    job = batch.run("echo", "hello", properties={"logConfiguration": {"logDriver": "awslogs", "options": options}})
    assert job["container"]["logStreamName"].startswith("bwa/default/")
    assert batch.log(job, "/team/jobs") == ["hello"]


def test_an_image_that_is_not_mapped_fails_and_says_how_to_map_it(batch: Any, project: Path) -> None:
    job = batch.run("bwa", image="public.ecr.aws/biocontainers/bwa:0.7.17")
    assert job["status"] == "FAILED"
    assert job["container"]["reason"].startswith("CannotPullContainerError: ")
    for text in (str(project / "refarch.images.toml"), "[[image]]", 'match = "biocontainers/bwa"', "program ="):
        assert text in job["container"]["reason"]
        assert text in job["statusReason"]
    assert "exitCode" not in job["container"]


def test_a_command_that_is_not_there_fails(batch: Any) -> None:
    job = batch.run("no-such-command")
    assert job["status"] == "FAILED"
    assert "CannotStartContainerError" in job["container"]["reason"]
    assert job["attempts"][0]["statusReason"] == "Task failed to start"  # what evaluateOnExit sees
    assert "no-such-command" in job["statusReason"]


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


def test_states_are_told_on_eventbridge(batch: Any, until: Any) -> None:
    sqs, rules, queue = batch.cloud.client("sqs"), batch.cloud.client("events"), batch.queue()
    url = sqs.create_queue(QueueName="job-states")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    queue_arn = batch.api.describe_job_queues(jobQueues=[queue])["jobQueues"][0]["jobQueueArn"]
    pattern = {"source": ["aws.batch"], "detail-type": ["Batch Job State Change"], "detail": {"jobQueue": [queue_arn]}}
    rules.put_rule(Name="job-states", EventPattern=json.dumps(pattern))
    rules.put_targets(Rule="job-states", Targets=[{"Id": "1", "Arn": arn}])
    job = batch.run("true", queue=queue)
    seen: list[dict[str, Any]] = []

    def final() -> bool:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ()):
            seen.append(json.loads(message["Body"]))
        return len(seen) >= 5

    until(final)
    states = [event["detail"]["status"] for event in seen]
    assert states == ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]
    assert seen[-1]["resources"] == [job["jobArn"]]
    assert seen[-1]["detail"]["jobId"] == job["jobId"]


def test_jobs_are_listed_by_filters(batch: Any) -> None:
    queue, definition = batch.queue(), batch.definition("true")
    for name in ("align-1", "align-2", "call-1"):
        batch.until(batch.submit(definition, queue, jobName=name))

    def names(**given: Any) -> list[str]:
        return sorted(entry["jobName"] for entry in batch.api.list_jobs(jobQueue=queue, **given)["jobSummaryList"])

    assert names() == []  # running ones, unless a state is given
    assert names(jobStatus="SUCCEEDED") == ["align-1", "align-2", "call-1"]
    assert names(filters=[{"name": "JOB_NAME", "values": ["align-*"]}]) == ["align-1", "align-2"]
    assert names(filters=[{"name": "JOB_DEFINITION", "values": [definition]}], maxResults=2) != []
    assert names(filters=[{"name": "BEFORE_CREATED_AT", "values": ["1"]}]) == []


def test_what_is_wrong_with_a_submission_is_told_at_once(batch: Any) -> None:
    with pytest.raises(batch.api.exceptions.ClientException) as caught:
        batch.api.submit_job(
            jobName="no blanks", jobQueue="nowhere", jobDefinition=batch.definition("x"), dependsOn=[{"jobId": "gone"}]
        )
    for word in ("no blanks", "nowhere", "gone"):
        assert word in str(caught.value)


def test_a_disabled_queue_takes_no_jobs_and_a_used_environment_stays(batch: Any) -> None:
    environment = batch.environment()
    queue = batch.queue(environment)
    with pytest.raises(batch.api.exceptions.ClientException, match="existing JobQueue relationship"):
        batch.api.delete_compute_environment(computeEnvironment=environment)
    batch.api.update_job_queue(jobQueue=queue, state="DISABLED")
    with pytest.raises(batch.api.exceptions.ClientException, match="is disabled"):
        batch.submit(batch.definition("true"), queue)
    batch.api.delete_job_queue(jobQueue=queue)
    batch.api.delete_compute_environment(computeEnvironment=environment)
    assert batch.api.describe_compute_environments(computeEnvironments=[environment])["computeEnvironments"] == []


def test_an_older_revision_that_is_deregistered_is_refused(batch: Any) -> None:
    definition = batch.definition("true")
    batch.api.deregister_job_definition(jobDefinition=definition)
    assert batch.api.describe_job_definitions(jobDefinitions=[definition])["jobDefinitions"][0]["status"] == "INACTIVE"
    with pytest.raises(batch.api.exceptions.ClientException, match="does not exist or is not active"):
        batch.submit(definition)
