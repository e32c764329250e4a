"""Step Functions and EventBridge start jobs, wait for them, and stop them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from rehearsals.account import crowding

ROLE = "arn:aws:iam::000000000000:role/test"
CATCH = [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}]


class Machines:
    """State machines of one task state, and their executions."""

    def __init__(self, cloud: Any) -> None:
        self.api = cloud.client("stepfunctions")
        self._number = 0

    def start(self, resource: str, arguments: dict[str, Any], role: str = ROLE, **state: Any) -> str:
        self._number += 1
        task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": arguments, "End": True}
        states = {"Work": task | state, "Caught": {"Type": "Pass", "End": True}}
        machine = self.api.create_state_machine(
            name=f"machine-{time.monotonic_ns()}",
            roleArn=role,
            definition=json.dumps({"StartAt": "Work", "States": states}),
        )["stateMachineArn"]
        return str(self.api.start_execution(stateMachineArn=machine, input="{}")["executionArn"])

    def until(self, execution: str, seconds: float = 20) -> dict[str, Any]:
        deadline = time.monotonic() + seconds * crowding()
        while time.monotonic() < deadline:
            found: dict[str, Any] = self.api.describe_execution(executionArn=execution)
            if found["status"] != "RUNNING":
                return found
            time.sleep(0.02)
        raise AssertionError(f"{execution} still runs after {seconds} s")

    def run(self, *given: Any, **named: Any) -> dict[str, Any]:
        return self.until(self.start(*given, **named))


@pytest.fixture
def machines(cloud: Any) -> Machines:
    return Machines(cloud)


def job(batch: Any, *command: str, **more: Any) -> dict[str, Any]:
    return {"JobName": "work", "JobQueue": batch.queue(), "JobDefinition": batch.definition(*command)} | more


def jobs_of(batch: Any, arguments: dict[str, Any], *states: str) -> list[dict[str, Any]]:
    return [
        entry
        for state in states
        for entry in batch.api.list_jobs(jobQueue=arguments["JobQueue"], jobStatus=state)["jobSummaryList"]
    ]


def test_a_state_waits_for_its_job(batch: Any, machines: Machines) -> None:
    overrides = {"Environment": [{"Name": "COLOUR", "Value": "green"}]}
    arguments = job(batch, "sh", "-c", "echo $COLOUR $MANAGED_BY_AWS Ref::Word", ContainerOverrides=overrides)
    execution = machines.run("batch:submitJob.sync", arguments | {"Parameters": {"Word": "hello"}})
    assert execution["status"] == "SUCCEEDED"
    output = json.loads(execution["output"])
    assert (output["Status"], output["JobName"], output["Container"]["ExitCode"]) == ("SUCCEEDED", "work", 0)
    assert output["Attempts"][0]["Container"]["LogStreamName"] == output["Container"]["LogStreamName"]
    assert output["Parameters"] == {"Word": "hello"}
    found = batch.describe(output["JobId"])
    assert batch.log(found) == ["green STARTED_BY_STEP_FUNCTIONS hello"]


def test_a_state_that_does_not_wait_tells_the_job(batch: Any, machines: Machines) -> None:
    arguments = job(batch, "sleep", "600")
    output = json.loads(machines.run("batch:submitJob", arguments)["output"])
    assert set(output) == {"JobId", "JobName", "JobArn"}
    assert batch.until(output["JobId"], "RUNNING")["container"]["environment"] == []
    batch.api.terminate_job(jobId=output["JobId"], reason="done")


def test_a_failed_job_fails_the_state_with_its_description(batch: Any, machines: Machines) -> None:
    execution = machines.run("batch:submitJob.sync", job(batch, "sh", "-c", "exit 9"))
    assert (execution["status"], execution["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(execution["cause"])
    assert (cause["Status"], cause["Container"]["ExitCode"]) == ("FAILED", 9)


def test_a_failed_job_is_caught_and_repeated(batch: Any, machines: Machines, tmp_path: Path) -> None:
    caught = machines.run("batch:submitJob.sync", job(batch, "false"), Catch=CATCH)
    assert caught["status"] == "SUCCEEDED"
    assert json.loads(caught["output"])["Error"] == "States.TaskFailed"
    retry = [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 0, "MaxAttempts": 2}]
    again = machines.run("batch:submitJob.sync", job(batch, "flaky", str(tmp_path / "count"), "2", "1"), Retry=retry)
    assert again["status"] == "SUCCEEDED"


def test_what_batch_refuses_has_the_services_error(machines: Machines) -> None:
    arguments = {"JobName": "x", "JobQueue": "nowhere", "JobDefinition": "nothing"}
    assert machines.run("batch:submitJob.sync", arguments)["error"] == "Batch.ClientException"


@pytest.mark.parametrize("more", [{}, {"Catch": CATCH}], ids=["plain", "with a catch"])
def test_a_stopped_execution_ends_its_job_and_stays_stopped(
    batch: Any, machines: Machines, until: Any, more: dict[str, Any]
) -> None:
    arguments = job(batch, "sleep", "600")
    execution = machines.start("batch:submitJob.sync", arguments, **more)
    until(lambda: jobs_of(batch, arguments, "RUNNING"))
    machines.api.stop_execution(executionArn=execution, error="Stop", cause="by hand")
    ended = until(lambda: jobs_of(batch, arguments, "FAILED"))[0]
    assert batch.describe(ended["jobId"])["isTerminated"]

    def events() -> list[str]:
        return [event["type"] for event in machines.api.get_execution_history(executionArn=execution)["events"]]

    until(lambda: "TaskFailed" in events())  # the state has given up: now it could spoil the execution's end
    time.sleep(0.3)
    assert machines.until(execution)["status"] == "ABORTED"
    assert "ExecutionFailed" not in events()


def test_a_stopped_execution_ends_the_jobs_of_its_map(batch: Any, machines: Machines, until: Any) -> None:
    arguments = job(batch, "sleep", "600")
    task = {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": arguments, "End": True}
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Work"}
    each = {"Type": "Map", "ItemsPath": "$", "MaxConcurrency": 1, "End": True}
    states = {"Each": each | {"ItemProcessor": processor | {"States": {"Work": task}}}}
    machine = machines.api.create_state_machine(
        name="mapped", roleArn=ROLE, definition=json.dumps({"StartAt": "Each", "States": states})
    )["stateMachineArn"]
    execution = machines.api.start_execution(stateMachineArn=machine, input="[1, 2, 3]")["executionArn"]
    until(lambda: jobs_of(batch, arguments, "RUNNING"))
    machines.api.stop_execution(executionArn=execution)
    ended = until(lambda: jobs_of(batch, arguments, "FAILED"))
    assert batch.describe(ended[0]["jobId"])["isTerminated"]
    time.sleep(0.5)  # the second item could begin now
    assert len(jobs_of(batch, arguments, "RUNNABLE", "STARTING", "RUNNING", "FAILED")) == 1
    assert machines.until(execution)["status"] == "ABORTED"


def test_a_state_over_its_time_ends_its_job(batch: Any, machines: Machines, until: Any) -> None:
    arguments = job(batch, "sleep", "600")
    execution = machines.run("batch:submitJob.sync", arguments, TimeoutSeconds=30)  # half a second here
    assert (execution["status"], execution["error"]) == ("FAILED", "States.Timeout")
    assert until(lambda: jobs_of(batch, arguments, "FAILED"))


def test_a_state_takes_its_time_from_its_input(batch: Any, machines: Machines) -> None:
    arguments = job(batch, "sleep", "600")
    execution = machines.run("batch:submitJob.sync", arguments, TimeoutSecondsPath="$$.State.RetryCount")
    assert (execution["error"], "TimeoutSecondsPath" in execution["cause"]) == ("States.Runtime", True)
    enter = {"Type": "Pass", "Result": {"seconds": 30}, "Next": "Work"}
    task = {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": arguments, "End": True}
    states = {"Enter": enter, "Work": task | {"TimeoutSecondsPath": "$.seconds"}}
    machine = machines.api.create_state_machine(
        name="timed", roleArn=ROLE, definition=json.dumps({"StartAt": "Enter", "States": states})
    )["stateMachineArn"]
    ended = machines.until(machines.api.start_execution(stateMachineArn=machine)["executionArn"])
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")


def test_a_rule_submits_a_job(batch: Any, until: Any) -> None:
    events, arguments = batch.cloud.client("events"), job(batch, "echo", "Ref::Word")
    arn = batch.api.describe_job_queues(jobQueues=[arguments["JobQueue"]])["jobQueues"][0]["jobQueueArn"]
    events.put_rule(Name="submits", EventPattern=json.dumps({"source": ["team.work"]}))
    parameters = {"JobDefinition": arguments["JobDefinition"], "JobName": "from-a-rule"}
    transformer = {"InputPathsMap": {"word": "$.detail.word"}, "InputTemplate": '{"Parameters": {"Word": <word>}}'}
    target = {"Id": "1", "Arn": arn, "RoleArn": ROLE, "BatchParameters": parameters, "InputTransformer": transformer}
    events.put_targets(Rule="submits", Targets=[target])
    events.put_events(Entries=[{"Source": "team.work", "DetailType": "x", "Detail": '{"word": "told"}'}])
    found = until(lambda: jobs_of(batch, arguments, "SUCCEEDED"))[0]
    assert found["jobName"] == "from-a-rule"
    assert batch.log(batch.describe(found["jobId"])) == ["told"]
    assert "unsupported target type" not in batch.cloud.folder.log_file.read_text()
