"""What a Distributed Map writes to S3: one file a status with its executions, and the manifest that names them.

Pure. Source: "ResultWriter" in the Step Functions guide.
"""

from __future__ import annotations

import json
from typing import Any

NOT_REDRIVABLE = "Execution is {} and cannot be redriven"
STATUSES = ("FAILED", "PENDING", "SUCCEEDED")


def files(
    prefix: str, bucket: str, map_run: str, children: list[dict[str, Any]], config: dict[str, Any]
) -> tuple[str, dict[str, str]]:
    """(key of the manifest, {key: text}); `prefix` is the folder of this run, `config` the writer's `WriterConfig`."""
    lines = config.get("OutputType") == "JSONL"
    found: dict[str, str] = {}
    listed: dict[str, list[dict[str, Any]]] = {status: [] for status in STATUSES}
    for status in STATUSES:
        entries = [shaped(child, config) for child in children if (child["status"]) == status]
        if not entries:
            continue
        if config.get("Transformation") == "FLATTEN" and status == "SUCCEEDED":
            entries = flattened(entries)
        key = f"{prefix}/{status}_0.{'jsonl' if lines else 'json'}"
        found[key] = "\n".join(map(_text, entries)) if lines else _text(entries)
        listed[status] = [{"Key": key, "Size": len(found[key].encode())}]
    manifest = {"DestinationBucket": bucket, "MapRunArn": map_run, "ResultFiles": listed}
    return f"{prefix}/manifest.json", {**found, f"{prefix}/manifest.json": _text(manifest)}


def shaped(child: dict[str, Any], config: dict[str, Any]) -> Any:
    """One execution as its file tells it: all about it, or (COMPACT, FLATTEN) a success's output alone."""
    if config.get("Transformation") in ("COMPACT", "FLATTEN") and child["status"] == "SUCCEEDED":
        return json.loads(child["output"])
    told = {
        "ExecutionArn": child["executionArn"],
        "Input": child["input"],
        "InputDetails": {"Included": True},
        "Name": child["name"],
        "RedriveCount": child.get("redriveCount", 0),
        **redrivable(child["status"]),
        "StartDate": child["startDate"],
        "StateMachineArn": child["stateMachineArn"],
        "Status": child["status"],
        "StopDate": child["stopDate"],
    }
    if child["status"] == "SUCCEEDED":
        return told | {"Output": child["output"], "OutputDetails": {"Included": True}}
    return told | {"Error": child.get("error"), "Cause": child.get("cause")}


def redrivable(status: str) -> dict[str, str]:
    """Whether a child can be redriven: with its map run, unless it succeeded."""
    if status != "SUCCEEDED":
        return {"RedriveStatus": "REDRIVABLE_BY_MAP_RUN"}
    return {"RedriveStatus": "NOT_REDRIVABLE", "RedriveStatusReason": NOT_REDRIVABLE.format(status)}


def flattened(outputs: list[Any]) -> list[Any]:
    """Outputs that are lists, opened into one list."""
    return [item for output in outputs for item in (output if isinstance(output, list) else [output])]


def batches(items: list[Any], sizes: dict[str, Any], shared: Any) -> list[dict[str, Any]]:
    """The inputs of an `ItemBatcher`: as many items as allowed, and as fit into the bytes allowed."""
    most = int(sizes.get("MaxItemsPerBatch") or len(items) or 1)
    room = int(sizes.get("MaxInputBytesPerBatch") or 262_144)
    made: list[list[Any]] = []
    size = 0
    for item in items:
        length = len(_text(item).encode()) + 1
        if not made or len(made[-1]) >= most or size + length > room:
            made.append([])
            size = 0
        made[-1].append(item)
        size += length
    common = {} if shared is None else {"BatchInput": shared}
    return [{**common, "Items": batch} for batch in made]


def exceeds(state: dict[str, Any], failed: int, total: int) -> bool:
    """Whether more items failed than the state tolerates; without a threshold any is too many."""
    limits = []
    if "ToleratedFailureCount" in state:
        limits.append(failed > int(state["ToleratedFailureCount"]))
    if "ToleratedFailurePercentage" in state:
        limits.append(failed * 100 > float(state["ToleratedFailurePercentage"]) * total)
    return bool(failed) and (any(limits) if limits else True)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
