"""Events and invocations of a running cloud are seen, with where they went; and nothing changes by it."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from refarch.local.observation.events import bus_record, notification_record
from refarch.local.observation.invocations import ended, trigger

CODE = "def handler(event, context):\n    print('seen', event)\n    return event['number'] / event['by']\n"


def read(bench: Any, name: str) -> Any:
    with urllib.request.urlopen(f"{bench.cloud.endpoint_url}/_refarch/{name}") as answer:
        return json.loads(answer.read())


def event_of(bench: Any, until: Callable[..., Any], source: str) -> dict[str, Any]:
    return until(lambda: next((one for one in read(bench, "events")["events"] if one["source"] == source), None))


def rule(bench: Any, source: str, target: str, bus: str = "default") -> str:
    events, name = bench.cloud.client("events"), bench.name("rule")
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps({"source": [source]}))
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "1", "Arn": target}])
    return name


def send(bench: Any, source: str, bus: str = "default") -> None:
    entry = {"Source": source, "DetailType": "kind", "Detail": '{"a": 1}', "EventBusName": bus}
    bench.cloud.client("events").put_events(Entries=[entry])


def test_an_event_with_the_rules_it_matched(bench: Any, until: Callable[..., Any]) -> None:
    source, (_, queue) = bench.name("source"), bench.queue()
    name = rule(bench, source, queue)
    send(bench, source)
    seen = event_of(bench, until, source)
    assert (seen["via"], seen["bus"], seen["detail-type"]) == ("EventBridge", "default", "kind")
    assert (seen["rules"], json.loads(seen["detail"])) == ({name: [queue]}, {"a": 1})


def test_an_event_that_goes_on_to_another_bus_is_seen_twice_in_order(bench: Any, until: Callable[..., Any]) -> None:
    source, bus, (url, queue) = bench.name("source"), bench.name("bus"), bench.queue()
    arn = bench.cloud.client("events").create_event_bus(Name=bus)["EventBusArn"]
    rule(bench, source, arn)
    rule(bench, source, queue, bus)
    send(bench, source)
    event_of(bench, until, source)
    assert bench.receive(url)["source"] == source
    seen = [one for one in read(bench, "events")["events"] if one["source"] == source]
    assert [(one["bus"], *one["rules"].values()) for one in seen] == [("default", [arn]), (bus, [queue])]


def test_what_a_bucket_notifies(bench: Any, until: Callable[..., Any]) -> None:
    bucket, (_, queue) = bench.bucket(), bench.queue()
    s3 = bench.cloud.client("s3")
    configuration = {"QueueConfigurations": [{"QueueArn": queue, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)
    s3.put_object(Bucket=bucket, Key="a/key", Body=b"12345")
    seen = event_of(bench, until, bucket)
    assert (seen["via"], seen["detail-type"]) == ("S3", "ObjectCreated:Put")
    assert (seen["resources"], json.loads(seen["detail"])["size"]) == ([f"arn:aws:s3:::{bucket}/a/key"], 5)
    assert list(seen["rules"].values()) == [[queue]]


def test_what_a_topic_delivers(bench: Any, until: Callable[..., Any]) -> None:
    topic, (_, queue) = bench.name("topic"), bench.queue()
    sns = bench.cloud.client("sns")
    arn = sns.create_topic(Name=topic)["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)
    sns.publish(TopicArn=arn, Subject="its subject", Message="its text")
    seen = event_of(bench, until, topic)
    assert (seen["via"], seen["detail-type"], seen["detail"]) == ("SNS", "its subject", "its text")
    assert seen["rules"] == {"subscription": [queue]}


def invocations_of(bench: Any, function: str) -> list[dict[str, Any]]:
    return [one for one in read(bench, "invocations")["invocations"] if one["function"] == function]


def test_invocations_with_outcome_and_log(bench: Any, until: Callable[..., Any]) -> None:
    function = bench.function(CODE)
    invoke = bench.cloud.client("lambda").invoke
    invoke(FunctionName=function, Payload=b'{"number": 4, "by": 2}')
    invoke(FunctionName=function, Payload=b'{"number": 4, "by": 0}')
    good, bad = until(lambda: found if len(found := invocations_of(bench, function)) == 2 else None)
    assert (good["error"], good["version"], good["group"]) == (None, "$LATEST", f"/aws/lambda/{function}")
    assert "seen {'number': 4" in good["log"]
    assert good["milliseconds"] > 0
    assert bad["error"] == "ZeroDivisionError: division by zero"


def test_the_attempts_of_one_event_have_its_request(bench: Any, until: Callable[..., Any]) -> None:
    function = bench.function("def handler(event, context):\n    raise ValueError(context.aws_request_id)\n")
    settings = {"MaximumRetryAttempts": 1, "FunctionName": function}
    bench.cloud.client("lambda").put_function_event_invoke_config(**settings)
    bench.cloud.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b"{}")
    attempts = until(lambda: found if len(found := invocations_of(bench, function)) == 2 else None, 20)
    assert len({one["request"] for one in attempts}) == 1
    assert attempts[0]["error"] == f"ValueError: {attempts[0]['request']}"


def test_what_runs_now_is_told(bench: Any, until: Callable[..., Any]) -> None:
    function = bench.function("import time\ndef handler(event, context):\n    time.sleep(2)\n")
    bench.cloud.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b"{}")
    until(lambda: [one for one in read(bench, "invocations")["running"] if one["function"] == function])
    until(lambda: invocations_of(bench, function))
    assert not [one for one in read(bench, "invocations")["running"] if one["function"] == function]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"Records": [{"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:r:1:q"}] * 2}, "SQS: 2 from q"),
        ({"Records": [{"eventSource": "aws:s3", "s3": {"bucket": {"name": "b"}}}]}, "S3: 1 from b"),
        ({"Records": [{"EventSource": "aws:sns", "Sns": {"TopicArn": "arn:aws:sns:r:1:t"}}]}, "SNS: 1 from t"),
        (
            {"Records": [{"eventSource": "aws:dynamodb", "eventSourceARN": "arn:aws:dynamodb:r:1:table/T/stream/x"}]},
            "DYNAMODB: 1 from T",
        ),
        ({"source": "s", "detail-type": "d"}, "EventBridge: d of s"),
        ({"httpMethod": "GET", "path": "/x", "requestContext": {}}, "HTTP: GET /x"),
        ({"rawPath": "/y", "requestContext": {"http": {"method": "PUT"}}}, "HTTP: PUT /y"),
        ({"RequestType": "Create", "StackId": "s", "LogicalResourceId": "L"}, "CloudFormation: Create L"),
        ({"anything": 1}, ""),
        ([1], ""),
        ({"Records": [{"s3": "no bucket", "eventSource": "aws:s3"}]}, ""),
        ({"requestContext": "text"}, ""),
    ],
)
def test_who_sent_an_event(event: Any, words: str) -> None:
    assert trigger(event) == words


def test_an_invocation_that_the_emulator_could_not_make_is_told() -> None:
    assert "server.log" in ended({"start": time.time()}, None)["error"]
    assert ended({"start": time.time()}, {"error": True, "body": "text"})["error"] == "text"


def test_what_is_kept_of_an_event_is_bounded() -> None:
    record = bus_record({"Detail": "x" * 300_000, "EventBusName": "default"})
    assert len(record["detail"]) < 10_000
    assert notification_record("arn", "no JSON", topic_arn="arn:aws:sns:r:1:t")["source"] == "t"
