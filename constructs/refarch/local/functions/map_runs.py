"""A Distributed Map batches its items, counts failed items rather than batches, and writes its results to S3.

ministack runs the children; batches, thresholds in items and the result writer are added around it.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from refarch.local import adapter
from refarch.local.execution.clients import client
from refarch.local.functions import map_redrives, map_results

EXCEEDED = "The specified tolerated failure threshold was exceeded"


def install() -> None:
    adapter.replace("distributed map", around(adapter.read("distributed map")))


def around(run_children: Any) -> Any:
    def run(
        state: dict[str, Any], raw_input: Any, effective: Any, processor: Any, execution: dict[str, Any], ctx: Any
    ) -> Any:
        again = map_redrives.failed_run(execution, state.get("Label"))
        label = state.get("Label") or uuid.uuid4().hex[:8]
        state = limits_of_input(state, effective, ctx)
        if again:
            results = map_redrives.redrive(again, processor, execution, int(state.get("MaxConcurrency") or 0), ctx)
            return Finished(state, execution, again).output(raw_input, effective, results, ctx), state.get("Next")
        items = read_items(state, effective, ctx)
        inner = {key: value for key, value in state.items() if key not in OUTER} | {"Label": label}
        inner |= {"ToleratedFailurePercentage": 100, "ItemsPath": "$.refarchItems"}
        known = set(adapter.read("map runs"))
        if "ItemBatcher" in state:
            chosen = [selected(state, effective, ctx, number, item) for number, item in enumerate(items)]
            inner.pop("ItemSelector", None)
            inner.pop("Parameters", None)
            given = {"refarchItems": batched(state["ItemBatcher"], chosen, effective, ctx)}
        else:
            given = {**(effective if isinstance(effective, dict) else {}), "refarchItems": items}
        results, _ = run_children(inner, raw_input, given, processor, execution, ctx)
        finished = Finished(state, execution, next_run(known, execution, label))
        return finished.output(raw_input, effective, results, ctx), state.get("Next")

    return run


# Fields that are dealt with here, around the children.
OUTER = (
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "ResultSelector",
    "ResultPath",
    "OutputPath",
    "ToleratedFailureCount",
)


LIMITS = ("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage")


def limits_of_input(state: dict[str, Any], effective: Any, ctx: Any) -> dict[str, Any]:
    """Limits that are named by a path, as values. Raises the emulator's error for one that is no number."""
    found = {}
    for name in LIMITS:
        path = state.get(f"{name}Path")
        if path is None:
            continue
        value = adapter.read("value at a path")(path, effective, ctx)
        if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
            error = adapter.read("error of an execution")
            raise error("States.Runtime", f"{name}Path {path} is {value!r}, allowed: a number of 0 or more")
        found[name] = value
    return {**state, **found}


def read_items(state: dict[str, Any], effective: Any, ctx: Any) -> list[Any]:
    if state.get("ItemReader"):
        items = adapter.read("items of a map")(state["ItemReader"], effective, ctx)
    else:
        items = adapter.read("value at a path")(state.get("ItemsPath", "$"), effective, ctx)
    return items if isinstance(items, list) else [items]


def selected(state: dict[str, Any], effective: Any, ctx: dict[str, Any], number: int, item: Any) -> Any:
    selector = state.get("ItemSelector") or state.get("Parameters")
    if not selector:
        return item
    place = {**ctx, "Map": {"Item": {"Index": number, "Value": item}}}
    return adapter.read("filled parameters")(selector, effective, place)


def batched(batcher: dict[str, Any], items: list[Any], effective: Any, ctx: Any) -> list[dict[str, Any]]:
    sizes = dict(batcher)
    for name in ("MaxItemsPerBatch", "MaxInputBytesPerBatch"):
        if f"{name}Path" in batcher:
            sizes[name] = adapter.read("value at a path")(batcher[f"{name}Path"], effective, ctx)
    shared = batcher.get("BatchInput")
    filled = None if shared is None else adapter.read("filled parameters")(shared, effective, ctx)
    return map_results.batches(items, sizes, filled)


def next_run(known: set[str], execution: dict[str, Any], label: str) -> str:
    """The map run that was made since `known`."""
    runs = adapter.read("map runs")
    mine = (arn for arn in runs if arn not in known and f"/{label}:" in arn)
    return str(next(arn for arn in mine if runs[arn]["executionArn"] == execution["executionArn"]))


class Finished:
    """A map run whose children have ended."""

    def __init__(self, state: dict[str, Any], execution: dict[str, Any], arn: str) -> None:
        self._state = state
        self._execution = execution
        self._arn = arn
        executions = adapter.read("executions").values()
        self._children = [child for child in executions if child.get("mapRunArn") == arn]

    def output(self, raw_input: Any, effective: Any, results: list[Any], ctx: Any) -> Any:
        """The state's output; raises the emulator's error when too many items failed (what there is is written)."""
        run = adapter.read("map runs")[self._arn]
        self._count(run)
        writer = self._state.get("ResultWriter") or {}
        result: Any = results
        if writer.get("Resource"):
            result = self._written(writer, effective, ctx)
            run["itemCounts"]["resultsWritten"] = run["itemCounts"]["succeeded"]
        elif (writer.get("WriterConfig") or {}).get("Transformation") == "FLATTEN":
            result = map_results.flattened(results)
        counts = run["itemCounts"]
        exceeded = map_results.exceeds(self._state, counts["failed"], counts["total"])
        run["status"] = "FAILED" if exceeded else "SUCCEEDED"
        if exceeded:
            raise adapter.read("error of an execution")("States.ExceedToleratedFailureThreshold", EXCEEDED)
        result = adapter.read("selected result")(self._state, result)
        placed = adapter.read("placed result")(self._state, raw_input, result)
        return adapter.read("output path")(self._state, placed, ctx)

    def _count(self, run: dict[str, Any]) -> None:
        """Count items, where a batch is one execution of many, and tell the thresholds that were asked for."""
        run["toleratedFailureCount"] = int(self._state.get("ToleratedFailureCount") or 0)
        run["toleratedFailurePercentage"] = float(self._state.get("ToleratedFailurePercentage") or 0)
        if "ItemBatcher" not in self._state:
            return
        counts = run["itemCounts"] = {**run["itemCounts"], "succeeded": 0, "failed": 0, "total": 0}
        for child in self._children:
            size = len(json.loads(child["input"])["Items"])
            counts["total"] += size
            counts["succeeded" if child["status"] == "SUCCEEDED" else "failed"] += size

    def _written(self, writer: dict[str, Any], effective: Any, ctx: Any) -> dict[str, Any]:
        where = adapter.read("filled parameters")(
            writer.get("Parameters") or writer.get("Arguments") or {}, effective, ctx
        )
        folder = "/".join(filter(None, [str(where.get("Prefix", "")).strip("/"), self._arn.rsplit(":", 1)[-1]]))
        manifest, made = map_results.files(
            folder, where["Bucket"], self._arn, self._children, writer.get("WriterConfig") or {}
        )
        s3 = client("s3", self._arn.split(":")[3])
        for key, text in made.items():
            s3.put_object(Bucket=where["Bucket"], Key=key, Body=text.encode(), ContentType="application/json")
        return {"MapRunArn": self._arn, "ResultWriterDetails": {"Bucket": where["Bucket"], "Key": manifest}}
