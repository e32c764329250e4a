"""RedriveExecution: an execution goes on where it failed, and of a Distributed Map only the children that failed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::000000000000:role/workflow"
# Fails as long as the object that its event names is not there, and counts its calls.
NEEDS = """
def handler(event, context):
    import boto3, uuid
    s3 = boto3.client("s3")
    s3.put_object(Bucket=event["bucket"], Key=f"calls/{event['needs']}/{uuid.uuid4()}", Body=b"")
    if not s3.list_objects_v2(Bucket=event["bucket"], Prefix=f"made/{event['needs']}").get("KeyCount"):
        raise RuntimeError(f"{event['needs']} is missing")
    return event["needs"]
"""


class Machine:
    """A state machine that calls `NEEDS`."""

    def __init__(self, bench: Any, until: Any, states: Any, start: str) -> None:
        self.states, self.bench, self.until = bench.cloud.client("stepfunctions"), bench, until
        document = json.dumps({"StartAt": start, "States": states})
        self.arn = self.states.create_state_machine(name=bench.name("machine"), definition=document, roleArn=ROLE)[
            "stateMachineArn"
        ]

    def start(self, given: Any) -> str:
        arn: str = self.states.start_execution(stateMachineArn=self.arn, input=json.dumps(given))["executionArn"]
        return arn

    def ended(self, arn: str) -> dict[str, Any]:
        look = self.states.describe_execution
        found: dict[str, Any] = self.until(
            lambda: (found := look(executionArn=arn))["status"] != "RUNNING" and found, 20
        )
        return found

    def redriven(self, arn: str) -> dict[str, Any]:
        self.states.redrive_execution(executionArn=arn)
        return self.ended(arn)

    def events(self, arn: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.states.get_execution_history(executionArn=arn)["events"]
        return found


def calls(bench: Any, bucket: str, name: str) -> int:
    return sum(key.startswith(f"calls/{name}/") for key in bench.keys(bucket))


def task(function: str, needs: str, **more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": f"arn:aws:lambda:us-east-1:000000000000:function:{function}",
        "Parameters": {"bucket.$": "$.bucket", "needs": needs},
        "ResultPath": f"$.{needs}",
        **more,
    }


@pytest.fixture
def needing(bench: Any) -> tuple[str, str]:
    """A function that needs objects, and the bucket where it looks for them."""
    return bench.function(NEEDS), bench.bucket()


def test_it_goes_on_in_the_state_that_failed(bench: Any, until: Any, needing: tuple[str, str]) -> None:
    function, bucket = needing
    states = {"One": task(function, "one", Next="Two"), "Two": task(function, "two", End=True)}
    machine = Machine(bench, until, states, "One")
    bench.cloud.client("s3").put_object(Bucket=bucket, Key="made/one", Body=b"")
    arn = machine.start({"bucket": bucket})
    failed = machine.ended(arn)
    assert (failed["status"], failed["redriveStatus"], failed["redriveCount"]) == ("FAILED", "REDRIVABLE", 0)
    assert machine.redriven(arn)["status"] == "FAILED"
    bench.cloud.client("s3").put_object(Bucket=bucket, Key="made/two", Body=b"")
    done = machine.redriven(arn)
    assert (done["status"], done["redriveCount"]) == ("SUCCEEDED", 2)
    assert done["redriveDate"] > done["startDate"]
    assert json.loads(done["output"]) == {"bucket": bucket, "one": "one", "two": "two"}
    assert (calls(bench, bucket, "one"), calls(bench, bucket, "two")) == (1, 3)
    counts = [
        event["executionRedrivenEventDetails"]["redriveCount"]
        for event in machine.events(arn)
        if event["type"] == "ExecutionRedriven"
    ]
    assert counts == [1, 2]
    assert machine.events(arn)[-1]["type"] == "ExecutionSucceeded"


def test_what_succeeded_or_does_not_exist_is_refused(bench: Any, until: Any) -> None:
    machine = Machine(bench, until, {"Only": {"Type": "Succeed"}}, "Only")
    arn = machine.start({})
    done = machine.ended(arn)
    assert done["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    for wrong, code in ((arn, "ExecutionNotRedrivable"), (f"{arn}x", "ExecutionDoesNotExist")):
        with pytest.raises(ClientError) as caught:
            machine.states.redrive_execution(executionArn=wrong)
        assert caught.value.response["Error"]["Code"] == code


def test_the_same_request_twice_is_one_redrive(bench: Any, until: Any) -> None:
    machine = Machine(bench, until, {"Only": {"Type": "Fail", "Error": "No"}}, "Only")
    arn = machine.start({})
    machine.ended(arn)
    first, second = (machine.states.redrive_execution(executionArn=arn, clientToken="one") for _ in range(2))
    assert first["redriveDate"] == second["redriveDate"]
    assert machine.ended(arn)["redriveCount"] == 1


def test_what_a_catch_led_to_a_fail_state_fails_there_again(bench: Any, until: Any, needing: tuple[str, str]) -> None:
    function, bucket = needing
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Bad"}]
    states = {"One": task(function, "one", Catch=catch, End=True), "Bad": {"Type": "Fail", "Error": "Bad"}}
    machine = Machine(bench, until, states, "One")
    arn = machine.start({"bucket": bucket})
    machine.ended(arn)
    bench.cloud.client("s3").put_object(Bucket=bucket, Key="made/one", Body=b"")
    assert machine.redriven(arn)["error"] == "Bad"
    assert calls(bench, bucket, "one") == 1


def test_a_stopped_execution_goes_on_where_it_was(bench: Any, until: Any) -> None:
    wait = {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "End"}
    states = {"Begin": {"Type": "Pass", "Next": "Wait"}, "Wait": wait, "End": {"Type": "Succeed"}}
    machine = Machine(bench, until, states, "Begin")
    arn = machine.start({"seconds": 2})
    until(lambda: any(event["type"] == "WaitStateEntered" for event in machine.events(arn)), 10)
    machine.states.stop_execution(executionArn=arn)
    assert machine.redriven(arn)["status"] == "SUCCEEDED"
    entered = [
        event["stateEnteredEventDetails"]["name"]
        for event in machine.events(arn)
        if event["type"].endswith("StateEntered")
    ]
    assert (entered.count("Begin"), entered.count("Wait"), entered.count("End")) == (1, 2, 1)


def test_a_redriven_map_run_runs_its_failed_children_alone(bench: Any, until: Any, needing: tuple[str, str]) -> None:
    function, bucket = needing
    each = task(function, "x", End=True, ResultPath="$.done")
    each["Parameters"] = {"bucket.$": "$.bucket", "needs.$": "$.needs"}
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Each",
        "States": {"Each": each},
    }
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": bucket, "Prefix": "results"}}
    items = {"ItemsPath": "$.items", "Label": "Runs", "ResultWriter": writer}
    machine = Machine(bench, until, {"Map": {"Type": "Map", "ItemProcessor": processor, "End": True, **items}}, "Map")
    s3 = bench.cloud.client("s3")
    for name in "ac":
        s3.put_object(Bucket=bucket, Key=f"made/{name}", Body=b"")
    arn = machine.start({"items": [{"bucket": bucket, "needs": name} for name in "abc"]})
    assert machine.ended(arn)["error"] == "States.ExceedToleratedFailureThreshold"
    s3.put_object(Bucket=bucket, Key="made/b", Body=b"")
    done = machine.redriven(arn)
    assert done["status"] == "SUCCEEDED", done
    assert [calls(bench, bucket, name) for name in "abc"] == [1, 2, 1]
    [run] = machine.states.list_map_runs(executionArn=arn)["mapRuns"]
    told = machine.states.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (told["status"], told["redriveCount"], told["itemCounts"]["succeeded"]) == ("SUCCEEDED", 1, 3)
    manifest = bench.read(bucket, json.loads(done["output"])["ResultWriterDetails"]["Key"])
    assert manifest["ResultFiles"]["FAILED"] == []
    children = machine.states.list_executions(mapRunArn=run["mapRunArn"])["executions"]
    counts = [
        machine.states.describe_execution(executionArn=child["executionArn"])["redriveCount"] for child in children
    ]
    assert sorted(counts) == [0, 0, 1]


def test_children_have_a_history_and_a_context_of_their_own(bench: Any, until: Any) -> None:
    told = {"input.$": "$$.Execution.Input", "id.$": "$$.Execution.Id", "redrives.$": "$$.Execution.RedriveCount"}
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Each",
        "States": {"Each": {"Type": "Pass", "Parameters": told, "End": True}},
    }
    machine = Machine(bench, until, {"Map": {"Type": "Map", "ItemProcessor": processor, "End": True}}, "Map")
    arn = machine.start([{"n": 1}])
    [output] = json.loads(machine.ended(arn)["output"])
    assert (output["input"], output["redrives"]) == ({"n": 1}, 0)
    types = [event["type"] for event in machine.events(output["id"])]
    assert types == ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
