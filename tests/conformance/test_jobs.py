"""Batch jobs, and load balancers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import uuid4

import pytest

from tests.conformance.declared import behaviour
from tests.conformance.observing import World, until


def submit(world: World, **more: Any) -> str:
    batch = world.client("batch")
    wanted = {"jobName": "job", "jobQueue": world.of("Compute", "JobQueue")}
    return str(batch.submit_job(**wanted | {"jobDefinition": world.of("Compute", "Job")} | more)["jobId"])


def finished(world: World, job: str) -> dict[str, Any]:
    def look() -> Any:
        told = world.client("batch").describe_jobs(jobs=[job])["jobs"][0]
        return told if told["status"] in ("SUCCEEDED", "FAILED") else None

    return dict(until(look, 40))


@behaviour("Batch")
def test_batch_job(world: World) -> None:
    """A Batch job with a parameter runs, logs and tells its end.

    It succeeds; its line is in the log stream that it names; the event of its end reaches a function.
    """
    word = uuid4().hex
    job = submit(world, parameters={"word": word})
    told = finished(world, job)
    assert told["status"] == "SUCCEEDED", told
    stream = told["container"]["logStreamName"]
    lines = world.client("logs").get_log_events(logGroupName="/aws/batch/job", logStreamName=stream)["events"]
    assert [line["message"].strip() for line in lines] == [f"job says {word}"]
    event = world.saw("Compute", "OnJob", job)
    assert (event["detail-type"], event["detail"]["status"]) == ("Batch Job State Change", "SUCCEEDED")


@behaviour("Batch")
def test_batch_retries(world: World) -> None:
    """A Batch job that fails is tried three times.

    Three attempts with exit code 3 are recorded, then it is FAILED.
    """
    told = finished(world, submit(world, containerOverrides={"command": ["sh", "-c", "exit 3"]}))
    assert told["status"] == "FAILED"
    assert [attempt["container"]["exitCode"] for attempt in told["attempts"]] == [3, 3, 3]


@behaviour("Batch")
def test_batch_arrays_and_dependencies(world: World) -> None:
    """An array job, and a job that depends on it.

    Three children see their index; the dependent job starts after the last of them.
    """
    say = {"command": ["sh", "-c", "echo index $AWS_BATCH_JOB_ARRAY_INDEX"]}
    parent = submit(world, arrayProperties={"size": 3}, containerOverrides=say)
    after = finished(world, submit(world, dependsOn=[{"jobId": parent}]))
    whole = finished(world, parent)
    assert (whole["status"], after["status"]) == ("SUCCEEDED", "SUCCEEDED")
    assert whole["arrayProperties"]["statusSummary"]["SUCCEEDED"] == 3
    children = [finished(world, f"{parent}:{index}") for index in range(3)]
    assert after["startedAt"] >= max(child["stoppedAt"] for child in children)


@behaviour("Batch")
def test_workflow_waits_for_batch(world: World) -> None:
    """A workflow submits a job and waits for it (`batch:submitJob.sync`).

    The execution ends with the description of the job, which got the word from the workflow.
    """
    done = world.run("RunJob", {"word": "by workflow"}, stack="Compute", seconds=60)
    assert done["status"] == "SUCCEEDED", done
    assert done["value"]["Status"] == "SUCCEEDED"
    assert done["value"]["Container"]["Command"][-1] in ("Ref::word", "by workflow")


class Machine(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"by a machine at {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *ignored: Any) -> None:
        """Says nothing."""


@pytest.fixture
def machine() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Machine) as server:
        threading.Thread(target=server.serve_forever, daemon=True, name="machine").start()
        yield server.server_address[1]
        server.shutdown()


def balanced(world: World, path: str) -> Any:
    arn = world.of("Compute", "Balancer")
    told = world.client("elbv2").describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]
    return world.http(told["DNSName"], "GET", path)


@behaviour("Load balancing")
def test_balancer_to_address(world: World, machine: int) -> None:
    """A load balancer forwards by path to an address.

    A program on this machine, registered as a target, answers; another path gets the listener's fixed 404.
    """
    balancing, group = world.client("elbv2"), world.of("Compute", "Addresses")
    target = {"Id": "127.0.0.1", "Port": machine}
    balancing.register_targets(TargetGroupArn=group, Targets=[target])

    def health() -> bool:
        rows = balancing.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [row["TargetHealth"]["State"] for row in rows] == ["healthy"]

    until(health, 30)
    reply = balanced(world, "/machine/x")
    assert (reply.status, reply.text) == (200, "by a machine at /machine/x")
    assert balanced(world, "/elsewhere").status == 404
    balancing.deregister_targets(TargetGroupArn=group, Targets=[target])


@behaviour("Load balancing")
def test_balancer_to_function(world: World) -> None:
    """A load balancer forwards by path to a function.

    The function's answer comes back.
    """
    reply = balanced(world, "/function/y")
    assert (reply.status, reply.text) == (200, "by a function at /function/y")
