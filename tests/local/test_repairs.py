"""The pure parts of the repairs."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime

from refarch.local.repairs.asynchronous_invocations import settings_of
from refarch.local.repairs.destinations import dead_letter_attributes, invocation_record, qualified
from refarch.local.repairs.function_errors import error_fields
from refarch.local.repairs.invocation_queue import Attempted, InvocationQueue, retry_delay
from refarch.local.repairs.message_batches import Window
from refarch.local.repairs.worker_failures import exit_failure, lost_its_process, start_failure

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


def test_a_record_is_what_aws_sends() -> None:
    record = json.loads(
        invocation_record(
            request_id="r",
            function_arn=ARN,
            condition="RetriesExhausted",
            attempts=3,
            event={"a": 1},
            result={"error": True, "body": {"errorMessage": "m"}},
            now=datetime(2026, 1, 2, 3, 4, 5, 678_900, UTC),
        )
    )
    assert record == {
        "version": "1.0",
        "timestamp": "2026-01-02T03:04:05.678Z",
        "requestContext": {
            "requestId": "r",
            "functionArn": f"{ARN}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"a": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "m"},
    }


def test_a_qualified_name_stays() -> None:
    assert qualified(f"{ARN}:live") == f"{ARN}:live"


def test_dead_letters_tell_the_error() -> None:
    assert dead_letter_attributes("r", {"body": {"errorMessage": "m"}})["ErrorMessage"]["StringValue"] == "m"
    assert dead_letter_attributes("r", {"body": "text"})["ErrorMessage"]["StringValue"] == "unknown"


def test_settings_are_those_of_the_qualifier() -> None:
    configurations = {"$LATEST": {"MaximumRetryAttempts": 0}, "live": {"MaximumRetryAttempts": 1}}
    function = {"event_invoke_configs": configurations, "config": {"FunctionArn": ARN}}
    assert settings_of(function) == {"MaximumRetryAttempts": 0}
    function["config"] = {"FunctionArn": f"{ARN}:live"}
    assert settings_of(function) == {"MaximumRetryAttempts": 1}
    function["config"] = {"FunctionArn": f"{ARN}:other"}
    assert settings_of(function) == {}


def test_errors_without_a_class_stay_as_they_are() -> None:
    assert error_fields({"error": "x"}, "r") == {}
    fields = error_fields({"type": "E", "trace": "Traceback\n  File w\n    e\n  File a\n    b\nE: x\ny\n"}, "r")
    assert fields == {"errorType": "E", "requestId": "r", "stackTrace": ["  File a\n    b\n"]}


def test_a_lost_process_is_told_from_a_failing_function() -> None:
    assert lost_its_process({"status": "error", "error": "Worker process died"})
    assert lost_its_process({"status": "error", "error": "[Errno 32] Broken pipe"})
    assert not lost_its_process({"status": "error", "error": "Worker process died", "type": "ValueError"})
    assert not lost_its_process({"status": "ok"})


def test_failed_starts_have_the_names_of_aws() -> None:
    named = {
        reason: start_failure(f"Worker init failed: {reason}", "r")["type"]
        for reason in ("No module named 'x'", "module 'index' has no attribute 'handler'", "bad luck")
    }
    assert list(named.values()) == ["Runtime.ImportModuleError", "Runtime.HandlerNotFound", "Runtime.InitError"]
    assert start_failure("Worker process exited immediately", "r")["type"] == exit_failure("r")["type"]


def test_the_queue_repeats_what_asks_for_it_and_survives_what_raises() -> None:
    queue, seen, done = InvocationQueue(2), [], threading.Event()

    def attempt() -> Attempted:
        seen.append(len(seen))
        if len(seen) == 1:
            return Attempted(again_in=0.01)
        done.set()
        return Attempted()

    queue.submit(attempt)
    assert done.wait(10)
    assert seen == [0, 1]
    assert [retry_delay(failures) for failures in (1, 2, 3)] == [1.0, 2.0, 2.0]


def test_a_window_is_over_when_the_batch_is_full_or_time_is_up() -> None:
    woken: list[bool] = []
    window = Window(lambda: woken.append(True))
    mapping = {"UUID": "m", "BatchSize": 3, "MaximumBatchingWindowInSeconds": 300}
    assert window.is_due(mapping, None, 0.0)  # no window
    assert not window.is_due(mapping, 1, 10.0)
    assert not window.is_due(mapping, 2, 309.0)
    assert window.is_due(mapping, 3, 11.0)
    assert window.is_due(mapping, 2, 310.0)
    window.current = "m"
    window.received()
    assert not window.is_due(mapping, 1, 311.0)  # what is left starts a new one
