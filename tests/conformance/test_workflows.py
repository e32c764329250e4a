"""Step Functions."""

from __future__ import annotations

import json
from uuid import uuid4

from tests.conformance.declared import behaviour
from tests.conformance.observing import World, until

GROUP = "Step Functions"


@behaviour(GROUP)
def test_workflow_map(world: World) -> None:
    """Map over an array, with a function for each item.

    The results come in the order of the items.
    """
    assert world.run("Map", {"numbers": [{"number": n} for n in (3, 1, 2)]})["value"] == [
        {"doubled": 6},
        {"doubled": 2},
        {"doubled": 4},
    ]


@behaviour(GROUP)
def test_workflow_parallel(world: World) -> None:
    """Parallel branches.

    The output is the list of both branches' outputs, in their order.
    """
    assert world.run("Parallel", {"word": "right"})["value"] == ["left", {"said": "right"}]


@behaviour(GROUP)
def test_workflow_choice(world: World) -> None:
    """Choice by number and by pattern, a default, an intrinsic function, Fail.

    Three inputs go three ways; the last execution fails with error and cause.
    """
    assert world.run("Choice", {"size": 11})["value"] == "large"
    assert world.run("Choice", {"size": 1, "tag": "abc"})["value"] == {"text": "tag abc"}
    failed = world.run("Choice", {"size": 1, "tag": "b"})
    assert (failed["status"], failed["error"], failed["cause"]) == ("FAILED", "TooSmall", "nothing fits")


@behaviour(GROUP)
def test_workflow_retry(world: World) -> None:
    """Retry on an exception by its name.

    The third attempt succeeds, and the context's RetryCount was 2 in it.
    """
    assert world.run("Retry")["value"] == {"tries": 2}


@behaviour(GROUP)
def test_workflow_catch(world: World) -> None:
    """Catch of an exception by its name, with ResultPath.

    The input goes on with the error beside it.
    """
    value = world.run("Catch", {"kept": 1})["value"]
    assert value["kept"] == 1
    assert value["error"]["Error"] == "Forbidden"
    assert json.loads(value["error"]["Cause"])["errorMessage"] == "no entry"


@behaviour(GROUP)
def test_workflow_distributed_map(world: World) -> None:
    """Distributed Map over the objects of a bucket, with a result writer.

    Five objects are five child executions; the manifest in the bucket leads to a file with five outputs.
    """
    s3, bucket = world.client("s3"), world.of("Workflows", "Bucket")
    for number in range(5):
        s3.put_object(Bucket=bucket, Key=f"items/{number}", Body=b"x")
    done = world.run("Distributed")
    assert done["status"] == "SUCCEEDED", done
    place = done["value"]["ResultWriterDetails"]
    manifest = json.loads(s3.get_object(Bucket=bucket, Key=place["Key"])["Body"].read())
    key = manifest["ResultFiles"]["SUCCEEDED"][0]["Key"]
    results = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    assert {json.loads(one["Output"])["key"] for one in results} == {f"items/{n}" for n in range(5)}


@behaviour(GROUP)
def test_workflow_callback(world: World) -> None:
    """A task that waits for a token, told by a queue.

    The execution runs until the token comes back, and ends with what came with it.
    """
    mark = uuid4().hex
    states = world.client("stepfunctions")
    arn = states.start_execution(
        stateMachineArn=world.of("Workflows", "CallbackMachine"), input=json.dumps({"id": mark})
    )["executionArn"]
    body = json.loads(world.receive(world.of("Workflows", "Tokens"), mark)["Body"])
    assert states.describe_execution(executionArn=arn)["status"] == "RUNNING"
    states.send_task_success(taskToken=body["token"], output='{"answer": 42}')
    done = until(lambda: (told := states.describe_execution(executionArn=arn))["status"] != "RUNNING" and told)
    assert json.loads(done["output"]) == {"answer": 42}


@behaviour(GROUP)
def test_workflow_nested(world: World) -> None:
    """A workflow starts another and waits (`startExecution.sync:2`).

    The child's output is an object in the parent's.
    """
    assert world.run("Parent", {"word": "hello"})["value"]["Output"] == {"heard": "hello"}


@behaviour(GROUP)
def test_workflow_jsonata(world: World) -> None:
    """A state machine in JSONata.

    It adds the numbers of its input.
    """
    assert world.run("Jsonata", {"numbers": [1, 2, 39]})["value"] == {"sum": 42}


@behaviour(GROUP)
def test_workflow_sdk_integration(world: World) -> None:
    """A state calls the API of DynamoDB itself.

    The item is in the table.
    """
    mark = uuid4().hex
    assert world.run("Direct", {"id": mark})["status"] == "SUCCEEDED"
    found = world.client("dynamodb").get_item(TableName=world.of("Workflows", "Table"), Key={"id": {"S": mark}})
    assert found["Item"]["by"] == {"S": "workflow"}


@behaviour(GROUP)
def test_workflow_status_event(world: World) -> None:
    """The end of an execution is an event.

    A rule for SUCCEEDED of one state machine hands `Step Functions Execution Status Change` to a function.
    """
    mark = uuid4().hex
    world.run("Child", {"word": mark})
    event = world.saw("Workflows", "OnEnded", mark)
    assert event["detail"]["status"] == "SUCCEEDED"
    assert json.loads(event["detail"]["output"]) == {"heard": mark}


@behaviour(GROUP)
def test_workflow_stopped(world: World) -> None:
    """An execution that is stopped.

    It is ABORTED with the given error; its history tells the start and the end.
    """
    states = world.client("stepfunctions")
    arn = states.start_execution(stateMachineArn=world.of("Workflows", "StoppedMachine"))["executionArn"]
    states.stop_execution(executionArn=arn, error="Enough", cause="no time")
    told = until(lambda: (seen := states.describe_execution(executionArn=arn))["status"] != "RUNNING" and seen)
    assert (told["status"], told["error"]) == ("ABORTED", "Enough")
    kinds = [event["type"] for event in states.get_execution_history(executionArn=arn)["events"]]
    assert (kinds[0], kinds[-1]) == ("ExecutionStarted", "ExecutionAborted")


@behaviour(GROUP)
def test_workflow_history(world: World) -> None:
    """The history of an execution, state by state.

    A Map's history tells the states entered and each iteration, as the console draws them.
    """
    states = world.client("stepfunctions")
    arn = world.run("Map", {"numbers": [{"number": 1}, {"number": 2}]})["executionArn"]
    pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
    kinds = [event["type"] for page in pages for event in page["events"]]
    assert "MapStateEntered" in kinds
    assert kinds.count("MapIterationSucceeded") == 2


@behaviour(GROUP)
def test_workflow_express(world: World) -> None:
    """An express workflow, started synchronously.

    StartSyncExecution answers with the output.
    """
    told = world.cloud.run(
        ["python3", "-c", SYNCHRONOUS, world.of("Workflows", "ExpressMachine")], check=True
    ).stdout.strip()
    assert json.loads(told) == {"quick": "w"}


SYNCHRONOUS = """\
import sys, boto3
from botocore.config import Config
client = boto3.client("stepfunctions", config=Config(inject_host_prefix=False))
print(client.start_sync_execution(stateMachineArn=sys.argv[1], input='{"word": "w"}')["output"])
"""
