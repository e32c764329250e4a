"""A cloud with a project whose images are mapped to small programs, at sixty times the speed of the clock."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from refarch.local import LocalCloud, adapter
from rehearsals.account import crowding

if adapter.installed_version() is None:
    collect_ignore_glob = ["test_*.py"]

FINAL = ("SUCCEEDED", "FAILED")
REGISTRY = """
[[image]]
match = "team/tool*"
program = "tools"
environment = { FLAVOUR = "local" }
mounts = { "/reference" = "data/reference" }

[[image]]
match = "team/worker"
entrypoint = ["python3"]
command = ["-c", "print('the command of the image')"]
"""
COPY = """#!/usr/bin/env python3
import sys, boto3
bucket, source, target = sys.argv[1:]
s3 = boto3.client("s3")
text = s3.get_object(Bucket=bucket, Key=source)["Body"].read()
s3.put_object(Bucket=bucket, Key=target, Body=text.upper())
print("copied", len(text))
"""
# Fails until it has been started so many times: each attempt leaves a line in a file on this machine.
FLAKY = """#!/bin/sh
echo attempt $AWS_BATCH_JOB_ATTEMPT
echo x >> "$1"
[ $(wc -l < "$1") -ge "$2" ] || exit "$3"
"""
STUBBORN = """#!/bin/sh
trap '' TERM
echo deaf; while :; do sleep 0.05; done
"""


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    make_project(folder)
    return folder


def make_project(folder: Path) -> None:
    (folder / "tools").mkdir()
    (folder / "data" / "reference").mkdir(parents=True)
    (folder / "data" / "reference" / "genome.fa").write_text(">chr1\n")
    (folder / "refarch.images.toml").write_text(REGISTRY)
    for name, text in (("copy", COPY), ("flaky", FLAKY), ("stubborn", STUBBORN)):
        program(folder / "tools", name, text)


def patient(question: Callable[[], Any], seconds: float = 20) -> Any:
    """The first true answer; fails when there is none in time."""
    deadline = time.monotonic() + seconds * crowding()
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")


class Batch:
    """AWS Batch through boto3: one compute environment and queue, made anew where a test needs its own."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.api = cloud.client("batch")
        self._names = 0

    def name(self, kind: str) -> str:
        self._names += 1
        return f"{kind}-{self._names}"

    def environment(self, vcpus: int = 16) -> str:
        name = self.name("environment")
        resources = {"type": "EC2", "minvCpus": 0, "maxvCpus": vcpus, "subnets": ["subnet-1"]}
        self.api.create_compute_environment(
            computeEnvironmentName=name, type="MANAGED", computeResources=resources | {"instanceTypes": ["optimal"]}
        )
        return name

    def queue(self, environment: str | None = None, priority: int = 1) -> str:
        name = self.name("queue")
        order = [{"order": 1, "computeEnvironment": environment or self.environment()}]
        self.api.create_job_queue(jobQueueName=name, priority=priority, computeEnvironmentOrder=order)
        return name

    def definition(self, *command: str, image: str = "team/tool:1", properties: Any = None, **settings: Any) -> str:
        required = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "128"}]
        container = {"image": image, "command": list(command), "resourceRequirements": required} | (properties or {})
        made = self.api.register_job_definition(
            jobDefinitionName=self.name("definition"), type="container", containerProperties=container, **settings
        )
        return str(made["jobDefinitionArn"])

    def submit(self, definition: str, queue: str | None = None, **settings: Any) -> str:
        name = settings.pop("jobName", "job")
        answer = self.api.submit_job(jobName=name, jobQueue=queue or self.queue(), jobDefinition=definition, **settings)
        return str(answer["jobId"])

    def describe(self, job: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = self.api.describe_jobs(jobs=[job])["jobs"]
        return found[0]

    def until(self, job: str, *states: str, seconds: float = 20) -> dict[str, Any]:
        """The description of a job once it is in one of these states (default: a final one)."""
        deadline = time.monotonic() + seconds * crowding()
        while time.monotonic() < deadline:
            found = self.describe(job)
            if found["status"] in (states or FINAL):
                return found
            time.sleep(0.02)
        raise AssertionError(f"not {states or FINAL} within {seconds} s: {json.dumps(found, default=str)}")

    def run(self, *command: str, properties: Any = None, image: str = "team/tool:1", **settings: Any) -> dict[str, Any]:
        return self.until(self.submit(self.definition(*command, image=image, properties=properties), **settings))

    def said(self, job: str) -> list[str]:
        """What a job that still runs has said so far."""
        logs = self.cloud.client("logs")
        try:
            return self.log(self.describe(job))
        except logs.exceptions.ResourceNotFoundException:
            return []

    def log(self, job: dict[str, Any], group: str = "/aws/batch/job") -> list[str]:
        stream = job["container"]["logStreamName"]
        events = self.cloud.client("logs").get_log_events(logGroupName=group, logStreamName=stream)["events"]
        return [event["message"] for event in events]


@pytest.fixture(scope="session")
def cloud(project: Path) -> Iterator[LocalCloud]:
    with LocalCloud.start(directory=project, clock_factor=60) as started:
        yield started


@pytest.fixture(scope="session")
def batch(cloud: LocalCloud) -> Batch:
    return Batch(cloud)


class Tasks:
    """One Fargate cluster: no container instance is needed."""

    def __init__(self, cloud: Any, until: Any) -> None:
        self.cloud, self.until, self.api = cloud, until, cloud.client("ecs")
        self.cluster = self.name("cluster")
        self.arn = self.api.create_cluster(clusterName=self.cluster)["cluster"]["clusterArn"]

    def name(self, kind: str) -> str:
        return f"{kind}-{time.monotonic_ns()}"

    def container(self, *command: str, **more: Any) -> dict[str, Any]:
        options = {"awslogs-group": "/tasks", "awslogs-stream-prefix": "s", "awslogs-create-group": "true"}
        log = {"logDriver": "awslogs", "options": options | {"awslogs-region": "us-east-1"}}
        return {"name": "main", "image": "team/tool:1", "command": list(command), "logConfiguration": log} | more

    def definition(self, *containers: dict[str, Any], **more: Any) -> str:
        settings = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512"}
        made = self.api.register_task_definition(
            family=self.name("family"), containerDefinitions=list(containers), **settings | more
        )
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def run(self, definition: str, **more: Any) -> str:
        answer = self.api.run_task(cluster=self.cluster, taskDefinition=definition, launchType="FARGATE", **more)
        assert answer["failures"] == []
        return str(answer["tasks"][0]["taskArn"])

    def describe(self, task: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = self.api.describe_tasks(cluster=self.cluster, tasks=[task])["tasks"]
        return found[0]

    def reach(self, task: str, state: str = "STOPPED") -> dict[str, Any]:
        self.until(lambda: self.describe(task)["lastStatus"] == state)
        return self.describe(task)

    def log(self, task: str, container: str = "main") -> list[str]:
        stream = f"s/{container}/{task.rsplit('/', 1)[-1]}"
        events = self.cloud.client("logs").get_log_events(logGroupName="/tasks", logStreamName=stream)["events"]
        return [event["message"] for event in events]

    def service(self, definition: str, count: int, **more: Any) -> str:
        name = self.name("service")
        self.api.create_service(
            cluster=self.cluster,
            serviceName=name,
            taskDefinition=definition,
            desiredCount=count,
            launchType="FARGATE",
            **more,
        )
        return name

    def of_service(self, name: str, state: str = "RUNNING") -> list[str]:
        wanted = "STOPPED" if state == "STOPPED" else "RUNNING"
        listed = self.api.list_tasks(cluster=self.cluster, serviceName=name, desiredStatus=wanted)["taskArns"]
        return [arn for arn in listed if self.describe(arn)["lastStatus"] == state]


@pytest.fixture(scope="session")
def tasks(cloud: LocalCloud) -> Tasks:
    return Tasks(cloud, patient)
