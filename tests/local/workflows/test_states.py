"""Step Functions: errors by name, and Distributed Map with its readers, batches, thresholds and result files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from refarch.local.functions import map_results

FAILS = """
class NotReady(Exception): pass
COUNT = []
def handler(event, context):
    import boto3
    keys = boto3.client("s3").list_objects_v2(Bucket=event["bucket"]).get("KeyCount", 0)
    boto3.client("s3").put_object(Bucket=event["bucket"], Key=str(keys), Body=b"")
    if keys < event["until"]:
        raise NotReady(f"try {keys}")
    return keys
"""


def task(function: str, **more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": f"arn:aws:lambda:us-east-1:000000000000:function:{function}",
        "End": True,
        **more,
    }


def test_a_named_exception_is_retried_and_then_caught(bench: Any, run: Any) -> None:
    name, bucket = bench.function(FAILS), bench.bucket()
    retry = {"ErrorEquals": ["NotReady"], "IntervalSeconds": 0, "MaxAttempts": 2}
    done = run({"Only": task(name, Retry=[retry])}, given={"bucket": bucket, "until": 2})
    assert (done["status"], json.loads(done["output"])) == ("SUCCEEDED", 2)
    catch = {"ErrorEquals": ["NotReady"], "Next": "Caught", "ResultPath": "$.error"}
    states = {"Only": task(name, Catch=[catch]), "Caught": {"Type": "Pass", "End": True}}
    done = run(states, given={"bucket": bench.bucket(), "until": 9})
    error = json.loads(done["output"])["error"]
    assert error["Error"] == "NotReady"
    assert json.loads(error["Cause"])["errorMessage"] == "try 0"


def test_an_unnamed_one_fails_the_execution_under_its_name(bench: Any, run: Any) -> None:
    catch = {"ErrorEquals": ["ValueError"], "Next": "Never"}
    states = {"Only": task(bench.function(FAILS), Catch=[catch]), "Never": {"Type": "Succeed"}}
    done = run(states, given={"bucket": bench.bucket(), "until": 9})
    assert (done["status"], done["error"]) == ("FAILED", "NotReady")


def distributed(states: dict[str, Any], **more: Any) -> dict[str, Any]:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": next(iter(states)),
        "States": states,
    }
    return {"Only": {"Type": "Map", "ItemProcessor": processor, "End": True, **more}}


PASS = {"Each": {"Type": "Pass", "End": True}}
ODD_FAILS = {
    "Each": {
        "Type": "Choice",
        "Choices": [{"Variable": "$.odd", "BooleanEquals": True, "Next": "Bad"}],
        "Default": "Good",
    },
    "Bad": {"Type": "Fail", "Error": "Odd", "Cause": "it is odd"},
    "Good": {"Type": "Succeed"},
}
ODD = [{"n": number, "odd": number % 2 == 1} for number in range(4)]


def writer(bucket: str, **config: str) -> dict[str, Any]:
    settings = {"WriterConfig": config} if config else {}
    return {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": bucket, "Prefix": "results"},
        **settings,
    }


def test_results_are_written_as_files_of_a_manifest(bench: Any, run: Any) -> None:
    bucket = bench.bucket()
    states = distributed(ODD_FAILS, ItemsPath="$.items", ResultWriter=writer(bucket), ToleratedFailureCount=2)
    done = run(states, given={"items": ODD})
    assert done["status"] == "SUCCEEDED"
    output = json.loads(done["output"])
    details = output["ResultWriterDetails"]
    assert details["Bucket"] == bucket
    assert details["Key"] == f"results/{output['MapRunArn'].rsplit(':', 1)[-1]}/manifest.json"
    manifest = bench.read(bucket, details["Key"])
    assert manifest["MapRunArn"] == output["MapRunArn"]
    assert manifest["ResultFiles"]["PENDING"] == []
    [succeeded], [failed] = (manifest["ResultFiles"][status] for status in ("SUCCEEDED", "FAILED"))
    assert (succeeded["Key"].rsplit("/", 1)[1], failed["Key"].rsplit("/", 1)[1]) == (
        "SUCCEEDED_0.json",
        "FAILED_0.json",
    )
    written = bench.read(bucket, succeeded["Key"])
    assert sorted(json.loads(child["Output"])["n"] for child in written) == [0, 2]
    assert {child["Status"] for child in written} == {"SUCCEEDED"}
    assert {child["Error"] for child in bench.read(bucket, failed["Key"])} == {"Odd"}


def test_too_many_failures_fail_the_map_and_are_written_all_the_same(bench: Any, run: Any) -> None:
    bucket = bench.bucket()
    states = distributed(ODD_FAILS, ItemsPath="$.items", ResultWriter=writer(bucket), ToleratedFailurePercentage=40)
    done = run(states, given={"items": ODD})
    assert (done["status"], done["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert any(key.endswith("FAILED_0.json") for key in bench.keys(bucket))


def test_results_without_a_writer_go_where_the_state_says(run: Any) -> None:
    states = distributed(PASS, ItemsPath="$.items", ResultPath="$.done", ResultSelector={"all.$": "$"})
    done = run(states, given={"items": [1, 2], "kept": True})
    assert json.loads(done["output"]) == {"items": [1, 2], "kept": True, "done": {"all": [1, 2]}}


@pytest.mark.parametrize(
    ("text", "config", "wanted"),
    [
        ("a,b\n1,2\n3,4\n", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, [{"a": "1", "b": "2"}] * 1),
        ('{"a": 1}\n{"a": 2}\n', {"InputType": "JSONL"}, [{"a": 1}]),
        ('[{"a": 1}, {"a": 2}]', {"InputType": "JSON"}, [{"a": 1}]),
    ],
)
def test_items_are_read_from_objects_and_batched(
    bench: Any, run: Any, text: str, config: dict[str, str], wanted: list[Any]
) -> None:
    bucket = bench.bucket()
    bench.cloud.client("s3").put_object(Bucket=bucket, Key="items", Body=text.encode())
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": config,
        "Parameters": {"Bucket": bucket, "Key": "items"},
    }
    batcher = {"MaxItemsPerBatch": 1, "BatchInput": {"of.$": "$.team"}}
    done = run(distributed(PASS, ItemReader=reader, ItemBatcher=batcher), given={"team": "x"})
    output = json.loads(done["output"])
    assert len(output) == 2
    assert output[0] == {"BatchInput": {"of": "x"}, "Items": wanted}


def test_a_batch_that_fails_counts_its_items(bench: Any, run: Any) -> None:
    states = {"Each": {"Type": "Fail", "Error": "No"}}
    batcher = {"MaxItemsPerBatch": 3}
    tolerant = distributed(states, ItemsPath="$.items", ItemBatcher=batcher, ToleratedFailureCount=4)
    done = run(tolerant, given={"items": [1, 2, 3, 4]})
    assert done["status"] == "SUCCEEDED"
    strict = distributed(states, ItemsPath="$.items", ItemBatcher=batcher, ToleratedFailureCount=3)
    assert run(strict, given={"items": [1, 2, 3, 4]})["error"] == "States.ExceedToleratedFailureThreshold"


def test_batches_are_bounded_by_items_and_by_bytes() -> None:
    assert [len(batch["Items"]) for batch in map_results.batches([1] * 7, {"MaxItemsPerBatch": 3}, None)] == [3, 3, 1]
    large = map_results.batches(["x" * 10] * 4, {"MaxInputBytesPerBatch": 30}, {"s": 1})
    assert [len(batch["Items"]) for batch in large] == [2, 2]
    assert all(batch["BatchInput"] == {"s": 1} for batch in large)


def test_compact_and_flattened_results_hold_outputs_alone() -> None:
    child = {
        "executionArn": "arn",
        "input": "{}",
        "name": "n",
        "startDate": "s",
        "stopDate": "t",
        "stateMachineArn": "m",
        "status": "SUCCEEDED",
        "output": "[1, 2]",
    }
    for transformation, wanted in (("COMPACT", "[[1,2]]"), ("FLATTEN", "[1,2]")):
        _, made = map_results.files("p", "b", "run", [child], {"Transformation": transformation})
        assert made["p/SUCCEEDED_0.json"] == wanted
    _, made = map_results.files("p", "b", "run", [child, child], {"Transformation": "FLATTEN", "OutputType": "JSONL"})
    assert made["p/SUCCEEDED_0.jsonl"] == "1\n2\n1\n2"


@pytest.mark.parametrize(("percentage", "ends"), [(50, "SUCCEEDED"), (49, "FAILED")])
def test_limits_of_a_map_come_from_its_input(run: Any, percentage: int, ends: str) -> None:
    paths = {"ToleratedFailurePercentagePath": "$.tolerated", "MaxConcurrencyPath": "$.atOnce"}
    given = {"items": ODD, "tolerated": percentage, "atOnce": 2}
    assert run(distributed(ODD_FAILS, ItemsPath="$.items", **paths), given=given)["status"] == ends


def test_a_limit_that_is_no_number_fails_the_execution(run: Any) -> None:
    states = distributed(PASS, ItemsPath="$.items", ToleratedFailurePercentagePath="$.tolerated")
    done = run(states, given={"items": [1], "tolerated": "5"})
    assert (done["status"], done["error"]) == ("FAILED", "States.Runtime")
    assert "ToleratedFailurePercentagePath $.tolerated is '5'" in done["cause"]


def test_the_history_of_a_map_tells_each_iteration(bench: Any, run: Any) -> None:
    check = {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "NumericLessThan": 3, "Next": "Good"}],
        "Default": "Bad",
    }
    inner = {"Check": check, "Good": {"Type": "Pass", "End": True}, "Bad": {"Type": "Fail", "Error": "TooBig"}}
    nested = {"Type": "Map", "ItemProcessor": {"StartAt": "Check", "States": inner}, "End": True}
    outer = {"Type": "Map", "ItemProcessor": {"StartAt": "Inner", "States": {"Inner": nested}}, "End": True}
    states = bench.cloud.client("stepfunctions")

    def history(given: Any) -> list[dict[str, Any]]:
        pages = states.get_paginator("get_execution_history").paginate(
            executionArn=run({"Outer": outer}, "Outer", given)["executionArn"]
        )
        return [event for page in pages for event in page["events"]]

    told = history([[1, 2], [1]])
    begun = [event["mapIterationStartedEventDetails"] for event in told if event["type"] == "MapIterationStarted"]
    assert sorted((one["name"], one["index"]) for one in begun) == [
        ("Inner", 0), ("Inner", 0), ("Inner", 1), ("Outer", 0), ("Outer", 1)
    ]  # fmt: skip
    lengths = [event["mapStateStartedEventDetails"]["length"] for event in told if event["type"] == "MapStateStarted"]
    assert sorted(lengths) == [1, 2, 2]
    kinds = [event["type"] for event in told]
    assert kinds.count("MapIterationSucceeded") == 5
    assert kinds.count("MapStateSucceeded") == 3
    failed = [event["type"] for event in history([[5]])]
    assert {"MapIterationFailed", "MapStateFailed"} <= set(failed)
    assert "MapIterationSucceeded" not in failed
