"""The three handlers against event documents as AWS sends them, with S3, Lambda and SQS stubbed at the client."""

from __future__ import annotations

import importlib
import json
from types import ModuleType
from typing import Any

import pytest

from refarch_lambdas.mapreduce.errors import BadRecordsError
from tests.lambdas.mapreduce.memory_storage import MemoryStorage

BUCKET = "jobs-bucket"
TEXT = b"10.0.0.1,u,d,1.5\n10.0.0.1,u,d,2.5\n"


class Context:
    """What Lambda gives a handler."""

    function_name = "function"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function"
    memory_limit_in_mb = "512"
    aws_request_id = "request-1"
    log_group_name = log_stream_name = "log"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


class Calls:
    """A client that remembers what it was asked."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []

    def invoke(self, **arguments: Any) -> None:
        self.made.append(arguments)

    send_message = invoke


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> MemoryStorage:
    environment = {
        "POWERTOOLS_SERVICE_NAME": "Revenue",
        "POWERTOOLS_METRICS_NAMESPACE": "refarch/mapreduce",
        "MAPREDUCE_JOB": "refarch_lambdas.mapreduce.examples.ad_revenue",
        "MAPREDUCE_BUCKET": BUCKET,
        "MAPREDUCE_PREFIX": "",
        "MAPREDUCE_MAPPER": "mapper-function",
        "MAPREDUCE_REDUCER": "reducer-function",
        "MAPREDUCE_QUEUE_URL": "https://queue",
        "MAPREDUCE_WATCHDOG_SECONDS": "60",
        "MAPREDUCE_TASK_SECONDS": "900",
        "MAPREDUCE_CONCURRENT": "10",
        "MAPREDUCE_ARCHITECTURE": "arm64",
        "MAPREDUCE_MAPPER_MB": "512",
        "MAPREDUCE_REDUCER_MB": "512",
        "AWS_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    storage = MemoryStorage(BUCKET)
    etag = storage.seed("visits", TEXT, bucket="input")
    piece = {"bucket": "input", "key": "visits", "etag": etag, "start": 0, "end": len(TEXT), "size": len(TEXT)}
    storage.seed("jobs/job-1/plan", json.dumps({"id": 0, "slices": [piece]}).encode() + b"\n")
    return storage


def handler_of(name: str, storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = importlib.import_module(f"refarch_lambdas.mapreduce_{name}.handler")
    monkeypatch.setattr(module, "S3Storage", lambda bucket, client: storage)
    monkeypatch.setattr(module, "_client" if name == "coordinator" else "_s3", lambda *_: None)
    return module


def map_event(storage: MemoryStorage) -> dict[str, Any]:
    return {
        "jobBucket": BUCKET,
        "prefix": "",
        "jobId": "job-1",
        "stage": "mapper",
        "step": 0,
        "taskId": 0,
        "attempt": 1,
        "plan": [0, len(storage.get("jobs/job-1/plan"))],
        "reducerCount": 1,
        "tolerance": {"count": 0, "fraction": 0.0},
    }


def test_the_mapper_commits_and_logs(
    storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = handler_of("mapper", storage, monkeypatch)
    assert module.handler(map_event(storage), Context()) == {"committed": True}
    summary = storage.get_json("jobs/job-1/task/mapper/0")
    assert (summary["rows"], summary["memoryMb"], summary["requestId"]) == (2, 512, "request-1")
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    begins = next(entry for entry in logged if entry.get("message") == "task begins")
    assert (begins["job_id"], begins["task_id"], begins["attempt"]) == ("job-1", 0, 1)
    assert any(entry.get("RowsRead") == [2.0] for entry in logged), "rows are a metric"


def test_the_mapper_lets_errors_reach_the_destination(storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    etag = storage.seed("visits", b"no visit\n", bucket="input")
    piece = {"bucket": "input", "key": "visits", "etag": etag, "start": 0, "end": 9, "size": 9}
    storage.seed("jobs/job-1/plan", json.dumps({"id": 0, "slices": [piece]}).encode() + b"\n")
    with pytest.raises(BadRecordsError, match="visits"):
        handler_of("mapper", storage, monkeypatch).handler(map_event(storage), Context())


def test_the_reducer_writes_the_result(storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    handler_of("mapper", storage, monkeypatch).handler(map_event(storage), Context())
    summary = storage.get_json("jobs/job-1/task/mapper/0")
    offset, length, _ = summary["segments"][0]
    storage.seed("shuffle/job-1/list", json.dumps({"segments": [[summary["data"], offset, length]]}).encode())
    event = {
        **{name: map_event(storage)[name] for name in ("jobBucket", "prefix", "jobId", "taskId", "attempt")},
        "stage": "reducer",
        "step": 1,
        "input": "shuffle/job-1/list",
        "final": True,
        "reduce": True,
    }
    assert handler_of("reducer", storage, monkeypatch).handler(event, Context()) == {"committed": True}
    assert storage.get("jobs/job-1/result") == b"10.0.0.1,4.0\n"


def jobdata(storage: MemoryStorage) -> dict[str, Any]:
    return {
        "version": 1,
        "jobId": "job-1",
        "startTime": 1.0,
        "input": ["s3://input/visits"],
        "mapCount": 1,
        "totalS3Files": 1,
        "inputBytes": len(TEXT),
        "reducerCount": 1,
        "concurrentLambdas": 10,
        "maxAttempts": 3,
        "taskTimeout": 900,
        "badRecordTolerance": {"count": 0, "fraction": 0.0},
        "tasks": [[0, len(storage.get("jobs/job-1/plan")), len(TEXT)]],
    }


def sqs_record(message_id: str, body: object) -> dict[str, Any]:
    return {
        "messageId": message_id,
        "receiptHandle": "handle",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue",
        "awsRegion": "us-east-1",
    }


def s3_event(key: str) -> dict[str, Any]:
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": BUCKET}, "object": {"key": key, "sequencer": "0A1B2C3D4E5F678901"}},
    }
    return {"Records": [record]}


def test_the_coordinator_starts_a_job_once_and_keeps_watch(
    storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, calls = handler_of("coordinator", storage, monkeypatch), Calls()
    monkeypatch.setattr(module, "_client", lambda service: calls)
    storage.seed("jobs/job-1/jobdata", json.dumps(jobdata(storage)).encode())
    event = {"Records": [sqs_record("m1", s3_event("jobs/job-1/jobdata")), sqs_record("m2", {"Event": "s3:TestEvent"})]}
    assert module.handler(event, Context()) == {"batchItemFailures": []}
    assert module.handler(event, Context()) == {"batchItemFailures": []}
    invoked = [call for call in calls.made if "FunctionName" in call]
    woken = [call for call in calls.made if "QueueUrl" in call]
    assert [(call["FunctionName"], call["InvocationType"]) for call in invoked] == [("mapper-function", "Event")]
    assert json.loads(invoked[0]["Payload"])["plan"] == [0, len(storage.get("jobs/job-1/plan"))]
    assert [call["DelaySeconds"] for call in woken] == [60]


def test_the_coordinator_hands_back_only_what_it_could_not_do(
    storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = handler_of("coordinator", storage, monkeypatch)
    monkeypatch.setattr(module, "_client", lambda service: Calls())
    storage.seed("jobs/job-1/jobdata", json.dumps(jobdata(storage)).encode())
    storage.seed("jobs/broken/jobdata", b'{"version": 99}')
    records = [
        sqs_record("good", s3_event("jobs/job-1/jobdata")),
        sqs_record("broken", s3_event("jobs/broken/jobdata")),
        sqs_record("gone", s3_event("jobs/cleaned/report")),
        sqs_record("garbage", "this is no JSON"),
    ]
    answer = module.handler({"Records": records}, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "broken"}, {"itemIdentifier": "garbage"}]}
