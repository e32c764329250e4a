"""AWS Batch jobs through boto3: they run, know themselves, and tell what they do."""

from __future__ import annotations

import json
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
