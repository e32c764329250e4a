"""Asynchronous invocations against a real emulator: bounded, none lost, outcomes delivered."""

from __future__ import annotations

import json
from typing import Any

import pytest

WRITES = """
import boto3, os, time
def handler(event, context):
    s3 = boto3.client("s3")
    s3.put_object(Bucket=event["bucket"], Key=f"start/{context.aws_request_id}/{time.time()}", Body=b"")
    time.sleep(event.get("seconds", 0))
    s3.put_object(Bucket=event["bucket"], Key=f"end/{event['number']}/{os.getpid()}", Body=b"")
    if event.get("fail"):
        raise LookupError("none left")
"""


def invoke_later(bench: Any, name: str, **event: Any) -> None:
    bench.cloud.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event))


def configure(bench: Any, name: str, retries: int, **destinations: str) -> None:
    bench.cloud.client("lambda").put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=retries,
        DestinationConfig={kind: {"Destination": target} for kind, target in destinations.items()},
    )


def test_many_events_run_in_four_processes_and_none_is_lost(bench: Any, until: Any) -> None:
    bucket, name = bench.bucket(), bench.function(WRITES)
    for number in range(24):
        invoke_later(bench, name, bucket=bucket, number=number)
    until(lambda: len(bench.keys(bucket)) == 48)
    ends = [key for key in bench.keys(bucket) if key.startswith("end")]
    assert {key.split("/")[1] for key in ends} == {str(number) for number in range(24)}
    assert len({key.split("/")[2] for key in ends}) <= 4


def test_a_failure_is_retried_with_the_same_request_id_and_its_record_delivered(bench: Any) -> None:
    bucket, name, (url, arn) = bench.bucket(), bench.function(WRITES), bench.queue()
    configure(bench, name, 1, OnFailure=arn)
    invoke_later(bench, name, bucket=bucket, number=1, fail=True)
    record = bench.receive(url)
    request = record["requestContext"]
    assert (record["version"], request["condition"], request["approximateInvokeCount"]) == (
        "1.0",
        "RetriesExhausted",
        2,
    )
    assert request["functionArn"].endswith(f":function:{name}:$LATEST")
    assert record["requestPayload"] == {"bucket": bucket, "number": 1, "fail": True}
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    assert (record["responsePayload"]["errorType"], record["responsePayload"]["errorMessage"]) == (
        "LookupError",
        "none left",
    )
    starts = [key.split("/")[1] for key in bench.keys(bucket) if key.startswith("start")]
    assert starts == [request["requestId"]] * 2


def test_without_retries_a_failure_is_final_at_once(bench: Any) -> None:
    bucket, name, (url, arn) = bench.bucket(), bench.function(WRITES), bench.queue()
    configure(bench, name, 0, OnFailure=arn)
    invoke_later(bench, name, bucket=bucket, number=1, fail=True)
    assert bench.receive(url)["requestContext"]["approximateInvokeCount"] == 1
    assert len([key for key in bench.keys(bucket) if key.startswith("start")]) == 1


def test_success_has_a_destination_too(bench: Any) -> None:
    name, (url, arn) = bench.function("def handler(event, context): return {'got': event}"), bench.queue()
    configure(bench, name, 0, OnSuccess=arn)
    invoke_later(bench, name, number=7)
    record = bench.receive(url)
    assert (record["requestContext"]["condition"], record["responsePayload"]) == ("Success", {"got": {"number": 7}})


def test_a_dead_letter_queue_gets_the_event_itself(bench: Any, until: Any) -> None:
    url, arn = bench.queue()
    name = bench.function("def handler(event, context): raise ValueError('no')", DeadLetterConfig={"TargetArn": arn})
    configure(bench, name, 0)
    invoke_later(bench, name, number=7)
    sqs = bench.cloud.client("sqs")
    [message] = until(lambda: sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages"))
    assert json.loads(message["Body"]) == {"number": 7}
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no"


def test_a_killed_worker_fails_its_invocation_at_once_and_the_next_gets_a_new_one(bench: Any, until: Any) -> None:
    bucket, (url, arn) = bench.bucket(), bench.queue()
    name = bench.function(WRITES, Timeout=300)
    configure(bench, name, 0, OnFailure=arn)
    invoke_later(bench, name, bucket=bucket, number=1, seconds=200)
    until(lambda: bench.keys(bucket))
    assert bench.cloud.kill_function_workers(name) == 1
    payload = bench.receive(url)["responsePayload"]
    assert payload["errorType"] == "Runtime.ExitError"
    assert "signal: killed" in payload["errorMessage"]
    invoke_later(bench, name, bucket=bucket, number=2)
    until(lambda: [key for key in bench.keys(bucket) if key.startswith("end/2/")])


def test_reserved_concurrency_makes_events_wait_instead_of_losing_them(bench: Any, until: Any) -> None:
    bucket, name = bench.bucket(), bench.function(WRITES)
    bench.cloud.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    for number in range(4):
        invoke_later(bench, name, bucket=bucket, number=number, seconds=0.05)
    until(lambda: len([key for key in bench.keys(bucket) if key.startswith("end")]) == 4)
    assert len({key.split("/")[2] for key in bench.keys(bucket) if key.startswith("end")}) == 1


@pytest.mark.parametrize("service", ["sns", "events"])
def test_notified_functions_are_invoked_asynchronously_too(bench: Any, until: Any, service: str) -> None:
    name, (url, arn) = bench.function("def handler(event, context): raise KeyError('x')"), bench.queue()
    configure(bench, name, 0, OnFailure=arn)
    client, function = bench.cloud.client(service), f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    if service == "sns":
        topic = client.create_topic(Name=bench.name("topic"))["TopicArn"]
        client.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
        client.publish(TopicArn=topic, Message="hear")
    else:
        client.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
        client.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": function}])
        client.put_events(Entries=[{"Source": name, "DetailType": "d", "Detail": "{}"}])
    assert bench.receive(url)["requestContext"]["condition"] == "RetriesExhausted"
