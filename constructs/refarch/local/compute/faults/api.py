"""The operations of the Fault Injection Service."""

from __future__ import annotations

import time
from typing import Any

from refarch.local.compute import scope
from refarch.local.compute.faults import running, store, targets
from refarch.local.compute.faults.store import Refused

Request = dict[str, Any]
CONTENT = (
    "description", "targets", "actions", "stopConditions", "roleArn", "tags", "logConfiguration",
    "experimentOptions", "experimentReportConfiguration",
)  # fmt: skip
NEEDED = ("description", "actions", "stopConditions", "roleArn")


def create_template(request: Request) -> Request:
    content = {name: request[name] for name in CONTENT if request.get(name) is not None}
    _check(content)
    row = store.new("experiment-template", "EXT", {"targets": {}, "tags": {}, **content, "lastUpdateTime": time.time()})
    store.templates()[row["id"]] = row
    return {"experimentTemplate": store.shown(row)}


def update_template(request: Request) -> Request:
    row = store.template(request["id"])
    changed = {name: request[name] for name in CONTENT if name != "tags" and request.get(name) is not None}
    _check({**row, **changed})
    row |= changed | {"lastUpdateTime": time.time()}
    return {"experimentTemplate": store.shown(row)}


def _check(content: Request) -> None:
    lines = [f"{name} is missing." for name in NEEDED if name not in content]
    known = content.get("targets") or {}
    for name, target in known.items():
        lines += targets.problems(name, target)
    for name, action in (content.get("actions") or {}).items():
        lines += [
            f"{name} names the unknown target {one}."
            for one in (action.get("targets") or {}).values()
            if one not in known
        ]
        lines += [
            f"{name} starts after the unknown action {one}."
            for one in action.get("startAfter") or []
            if one not in content["actions"]
        ]
    if lines:
        raise Refused("ValidationException", " ".join(lines))


def get_template(request: Request) -> Request:
    return {"experimentTemplate": store.shown(store.template(request["id"]))}


def delete_template(request: Request) -> Request:
    row = store.template(request["id"])
    store.templates().pop(row["id"])
    return {"experimentTemplate": store.shown(row)}


def list_templates(_: Request) -> Request:
    return {"experimentTemplates": [store.shown(row) for row in store.templates().values()]}


def start(request: Request) -> Request:
    template = store.template(request.get("experimentTemplateId", ""))
    row = store.new("experiment", "EXP", running.begun(template, request.get("tags") or {}))
    store.experiments()[row["id"]] = row
    answer = {"experiment": store.shown(row)}
    scope.spawn(f"experiment-{row['id']}", running.run, row)
    return answer


def stop(request: Request) -> Request:
    row = store.experiment(request["id"])
    running.stop(row, "Experiment stopped by user.")
    return {"experiment": store.shown(row)}


def get(request: Request) -> Request:
    return {"experiment": store.shown(store.experiment(request["id"]))}


def listed(request: Request) -> Request:
    wanted = request.get("experimentTemplateId")
    rows = [store.shown(row) for row in store.experiments().values() if wanted in (None, row["experimentTemplateId"])]
    return {"experiments": rows}


def resolved(request: Request) -> Request:
    row = store.experiment(request["id"])
    rows = [
        {"resourceType": row["targets"][name]["resourceType"], "targetName": name, "targetInformation": {"arn": arn}}
        for name, arns in row["_resolved"].items()
        for arn in arns
    ]
    return {"resolvedTargets": rows}


def tags(request: Request) -> Request:
    return {"tags": store.of_arn(request["resourceArn"])["tags"]}


def tag(request: Request) -> Request:
    store.of_arn(request["resourceArn"])["tags"].update(request["tags"])
    return {}


def untag(request: Request) -> Request:
    row, keys = store.of_arn(request["resourceArn"]), request.get("tagKeys") or []
    for key in [keys] if isinstance(keys, str) else keys:
        row["tags"].pop(key, None)
    return {}
