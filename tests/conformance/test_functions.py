"""Lambda functions as declared."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from tests.conformance.declared import behaviour
from tests.conformance.observing import World, until

GROUP = "Lambda"


def call(world: World, name: str, payload: Any = None, **more: Any) -> dict[str, Any]:
    return world.invoke("Functions", name, payload, **more)


@behaviour(GROUP)
def test_lambda_layers(world: World) -> None:
    """A layer's module can be imported, and its files lie below /opt.

    The function returns a word from each.
    """
    assert call(world, "Layered")["value"] == {"module": "from the layer", "file": "words in a file"}


@behaviour(GROUP)
def test_lambda_surroundings(world: World) -> None:
    """A function's environment and context are its own.

    Its variable, region, name, ARN, memory and remaining time are right; nothing of this machine's shell.
    """
    seen = call(world, "Surroundings")["value"]
    assert (seen["word"], seen["region"], int(seen["memory"])) == ("given", "us-east-1", 320)
    assert seen["name"] == world.of("Functions", "Surroundings")
    assert seen["arn"].endswith(f":function:{seen['name']}")
    assert 15_000 < seen["left"] <= 20_000
    assert seen["leaked"] is None


@behaviour(GROUP)
def test_lambda_request_id(world: World) -> None:
    """The request id of an invocation.

    The id in the HTTP answer is the one that the function's context and its log tell.
    """
    told = call(world, "Surroundings")
    assert told["value"]["request"] == told["ResponseMetadata"]["RequestId"]


@behaviour(GROUP)
def test_lambda_named_errors(world: World) -> None:
    """An exception arrives with the name of its class.

    The answer says FunctionError, errorType OutOfStock, the message and a stack trace.
    """
    told = call(world, "Destined", {"fail": "milk"})
    assert told["error"] == "Unhandled"
    assert (told["value"]["errorType"], told["value"]["errorMessage"]) == ("OutOfStock", "nothing left of milk")
    assert told["value"]["stackTrace"]


@behaviour(GROUP)
def test_lambda_weighted_alias(world: World) -> None:
    """An alias divides its calls between two versions by weight.

    Of 40 calls both versions get more than five; without the weights all go to the first again.
    """
    client, name = world.client("lambda"), world.of("Functions", "Aliased")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("index.py", "def handler(event, context):\n    return context.function_version\n# new\n")
    client.update_function_code(FunctionName=name, ZipFile=archive.getvalue())
    second = client.publish_version(FunctionName=name)["Version"]
    first = world.of("Functions", "FirstVersion")
    client.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {second: 0.5}})
    answered = Counter(call(world, "Aliased", Qualifier="live")["value"] for _ in range(40))
    assert set(answered) == {first, second}
    assert min(answered.values()) > 5
    client.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {}})
    assert {call(world, "Aliased", Qualifier="live")["value"] for _ in range(10)} == {first}


@behaviour(GROUP)
def test_lambda_function_url(world: World) -> None:
    """A function URL.

    Method, path and query reach the function in payload format 2.0; its status, header and body come back.
    """
    host = urlsplit(world.of("Functions", "Address")).hostname or ""
    reply = world.http(host, "PUT", "/some/path?a=1")
    assert (reply.status, reply.headers["x-seen"], reply.text) == (201, "yes", "PUT /some/path a=1")


@behaviour(GROUP)
def test_lambda_destinations(world: World) -> None:
    """Destinations of asynchronous invocations.

    Success and failure arrive as records with the request, the condition and what the function answered.
    """
    good, bad = uuid4().hex, uuid4().hex
    call(world, "Destined", {"id": good}, InvocationType="Event")
    call(world, "Destined", {"fail": bad}, InvocationType="Event")
    done = json.loads(world.receive(world.of("Functions", "Succeeded"), good)["Body"])
    assert (done["requestContext"]["condition"], done["responsePayload"]) == ("Success", {"done": good})
    failed = json.loads(world.receive(world.of("Functions", "Failed"), bad)["Body"])
    assert failed["requestContext"]["condition"] == "RetriesExhausted"
    assert failed["responsePayload"]["errorType"] == "OutOfStock"


@behaviour(GROUP)
def test_lambda_dead_letters(world: World) -> None:
    """A dead-letter queue of asynchronous invocations.

    The event lies in the queue as it was sent, with the error's message as an attribute.
    """
    mark = uuid4().hex
    call(world, "Mourned", {"fail": mark}, InvocationType="Event")
    sqs, url = world.client("sqs"), world.of("Functions", "Dead")

    def look() -> Any:
        told = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MessageAttributeNames=["All"])
        return told.get("Messages")

    message = until(look)[0]
    assert json.loads(message["Body"]) == {"fail": mark}
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == f"nothing left of {mark}"


@behaviour(GROUP)
def test_lambda_retries(world: World) -> None:
    """A failed asynchronous invocation is tried twice more.

    The function has logged its event three times. (The pauses are seconds instead of minutes.)
    """
    mark = uuid4().hex
    call(world, "Retried", {"id": mark}, InvocationType="Event")
    name = world.of("Functions", "Retried")
    until(lambda: sum(mark in line for line in world.cloud.function_log(name)) == 3, 30)


@behaviour(GROUP)
def test_lambda_timeout(world: World) -> None:
    """A timeout of one second ends the invocation, and the next one runs.

    The error says `Task timed out after 1.00 seconds`.
    """
    told = call(world, "Brief", {"seconds": 15})
    assert told["error"] == "Unhandled"
    assert "Task timed out after 1.00 seconds" in told["value"]["errorMessage"]
    assert call(world, "Brief", {"seconds": 0})["value"] == "slept"


@behaviour(GROUP)
def test_lambda_reserved_concurrency(world: World) -> None:
    """Reserved concurrency of one.

    Of three calls at once one runs, the others are refused with TooManyRequestsException.
    """
    client = world.client("lambda")

    def one(_: int) -> str:
        try:
            return str(call(world, "Single", {"seconds": 2})["value"])
        except client.exceptions.TooManyRequestsException:
            return "throttled"

    with ThreadPoolExecutor(3) as pool:
        assert Counter(pool.map(one, range(3)))["throttled"] in (1, 2)


@behaviour(GROUP)
def test_lambda_node(world: World) -> None:
    """A Node function with the SDK of its runtime.

    It lists the buckets of this cloud through @aws-sdk/client-s3, which nobody packed.
    """
    told = call(world, "Node", {"word": "w"})
    assert told["error"] is None, told["value"]
    assert told["value"]["buckets"] > 3
    assert told["value"]["given"] == "w"


@behaviour(GROUP)
def test_lambda_log_group(world: World) -> None:
    """A function writes into the log group that it was given.

    START, its own line and REPORT stand there; the group keeps them a week.
    """
    mark = uuid4().hex
    call(world, "Logging", {"id": mark})
    group = world.of("Functions", "LogGroup")
    logs = world.client("logs")

    def lines() -> str:
        told = "".join(event["message"] for event in logs.filter_log_events(logGroupName=group)["events"])
        return told if mark in told and "REPORT" in told else ""

    assert "START RequestId" in until(lines)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 7
