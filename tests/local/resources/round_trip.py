"""A stack makes resources, the services tell of them through boto3, and tell no more when the stack is gone."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from refarch.local import LocalCloud
from refarch.local.environment import ACCOUNT
from refarch.local.resources import derivation, schemas, shapes, validation
from refarch.local.resources.summary import ask
from rehearsals.account import crowding

GONE = ("deleting", "deleted", "inactive", "deregistered", "delete_in_progress", "terminated", "terminating")
SECONDS = 120


def problems(cloud: LocalCloud, cases: dict[str, dict[str, Any]]) -> dict[str, str]:
    """What is wrong with each type of `cases` (type -> `entry` of the table, `properties`, `others`); {} is well."""
    made = {f"R{number}": name for number, name in enumerate(sorted(cases))}
    resources: dict[str, Any] = {}
    for key, name in made.items():
        resources |= cases[name].get("others", {})
        resources[key] = {"Type": name, "Properties": cases[name]["properties"]}
    stack = Stack(cloud, resources)
    if stack.status != "CREATE_COMPLETE":
        return dict.fromkeys(cases, f"a stack with it is {stack.status}: {stack.failure()}")
    rows = {(row["type"], row["id"]): row for row in ask(cloud.endpoint_url, "resources")["resources"]}
    ids = stack.ids()
    known = {key: _known(rows[name, ids[key]]) for key, name in made.items()}
    services = {case["entry"]["service"] for case in cases.values()}
    clients = {service: cloud.client(service) for service in services}
    found = {name: why for key, name in made.items() if (why := _unseen(clients, cases[name]["entry"], known[key]))}
    found |= _unchanged(stack, clients, cases, made, resources)
    stack.delete()
    for key, name in made.items():
        if name not in found and not _unseen(clients, cases[name]["entry"], known[key]):
            found[name] = "it is still there when its stack is gone"
    return found


def changed(cloud: LocalCloud, name: str, case: dict[str, Any]) -> dict[str, Any] | None:
    """The properties of a change that its service shows afterwards; None when there is none that it shows."""
    client, kind = cloud.client(case["entry"]["service"]), schemas.find(name)
    for more in changes(kind, case["properties"]) if kind else ():
        stack = Stack(cloud, {**case.get("others", {}), "X": {"Type": name, "Properties": case["properties"]}})
        try:
            if stack.status == "CREATE_COMPLETE" and shown_after(stack, client, name, case, more):
                return more
        finally:
            stack.delete()
    return None


def changes(kind: schemas.ResourceType, properties: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same with another text in one property that does not replace the resource; descriptions first."""
    fixed = {
        path[0] for path in (*kind.create_only, *kind.conditionally_create_only, *kind.read_only, *kind.write_only)
    }
    names = sorted(kind.properties.keys() - fixed, key=lambda one: (one != "Description", one not in properties, one))
    texts = [name for name in names if kind.node((name,)).get("type") == "string" and "enum" not in kind.node((name,))]
    for name in texts[:4]:
        more = {**properties, name: "changedbyproof"}
        if not validation.problems(kind, more):
            yield more


def shown_after(stack: Stack, client: Any, name: str, case: dict[str, Any], more: dict[str, Any]) -> bool:
    """Whether the service shows the new text once the stack was updated, in the same resource."""
    before = stack.ids()["X"]
    status = stack.update({**case.get("others", {}), "X": {"Type": name, "Properties": more}})
    if status != "UPDATE_COMPLETE" or stack.ids()["X"] != before:
        return False
    rows = {(row["type"], row["id"]): row for row in ask(stack.cloud.endpoint_url, "resources")["resources"]}
    known, (method, identity) = _known(rows[name, before]), case["entry"]["read"]
    asked = {member: known.get(source) for member, source in identity.items()}
    return known["real"] == "API-backed" and shows(client, method, asked, {"changedbyproof"})


def _unchanged(
    stack: Stack, clients: dict[str, Any], cases: dict[str, Any], made: dict[str, str], resources: dict[str, Any]
) -> dict[str, str]:
    """The types whose service does not show the change that an update of the stack makes, where one was proved."""
    keys = {key: name for key, name in made.items() if "changed" in cases[name]}
    if not keys:
        return {}
    later = {key: {"Type": name, "Properties": cases[name]["changed"]} for key, name in keys.items()}
    before, status = stack.ids(), stack.update({**resources, **later})
    if status != "UPDATE_COMPLETE" or stack.ids() != before:
        return dict.fromkeys(keys.values(), f"an update of its stack is {status}: {stack.failure()}")
    rows = {(row["type"], row["id"]): row for row in ask(stack.cloud.endpoint_url, "resources")["resources"]}
    found = {}
    for key, name in keys.items():
        known, (method, identity) = _known(rows[name, before[key]]), cases[name]["entry"]["read"]
        asked = {member: known.get(source) for member, source in identity.items()}
        if not shows(clients[cases[name]["entry"]["service"]], method, asked, {"changedbyproof"}):
            found[name] = f"{method} does not show the change"
    return found


def _unseen(clients: dict[str, Any], entry: dict[str, Any], known: dict[str, Any]) -> str:
    """Why the service does not tell of the resource; "" when it does."""
    if known["real"] != "API-backed":
        return "a stack with it only records it"
    method, identity = entry["read"]
    asked = {member: known.get(source) for member, source in identity.items()}
    if None in asked.values():
        return f"a stack does not know {asked}"
    return "" if shows(clients[entry["service"]], method, asked, known["marks"]) else f"{method} does not show it"


def shows(client: Any, method: str, asked: dict[str, Any], marks: set[str]) -> bool:
    """Whether a reading operation tells of one of the marks, other than that it is going."""
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
    try:
        reply = dict(
            getattr(client, method)(
                **(shapes.as_request({**derivation.given(shape, ACCOUNT), **asked}, shape) if shape else {})
            )
        )
    except (ClientError, BotoCoreError):
        return False
    del reply["ResponseMetadata"]
    text = json.dumps(reply, default=str).lower()
    gone = any(f'"{state}"' in text for state in GONE)
    return any(json.dumps(mark)[1:-1] in text for mark in marks) and not gone


def marks(name: str, known: dict[str, Any]) -> set[str]:
    """The identifiers by which a reply is recognised."""
    kind = schemas.find(name)
    names = (*(kind.identifier if kind else ()), "Ref")
    return {str(known[one]).lower() for one in names if known.get(one) is not None}


def _known(row: dict[str, Any]) -> dict[str, Any]:
    """What the local cloud keeps of a resource, with its marks and how real it is."""
    found = {**row["properties"], **row["attributes"], "Ref": row["id"]}
    return {**found, "marks": marks(row["type"], found), "real": row["real"]}


class Stack:
    def __init__(self, cloud: LocalCloud, resources: dict[str, Any], outputs: dict[str, Any] | None = None) -> None:
        self.cloud, self.cloudformation = cloud, cloud.client("cloudformation")
        body = json.dumps({"Resources": resources, **({"Outputs": outputs} if outputs else {})})
        name = f"proof-{uuid.uuid4().hex[:8]}"
        made = self.cloudformation.create_stack(
            StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        self.id = made["StackId"]
        self.status = self._ended()

    def _ended(self) -> str:
        deadline = time.monotonic() + SECONDS * crowding()
        while time.monotonic() < deadline:
            status = str(self.cloudformation.describe_stacks(StackName=self.id)["Stacks"][0]["StackStatus"])
            if status.endswith(("COMPLETE", "FAILED")):
                return status
            time.sleep(0.1)
        raise AssertionError(f"not within {SECONDS} s")

    def update(self, resources: dict[str, Any]) -> str:
        self.cloudformation.update_stack(
            StackName=self.id, TemplateBody=json.dumps({"Resources": resources}), Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        return self._ended()

    def outputs(self) -> dict[str, str]:
        found = self.cloudformation.describe_stacks(StackName=self.id)["Stacks"][0]
        return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}

    def failure(self) -> str:
        pages = self.cloudformation.get_paginator("describe_stack_events").paginate(StackName=self.id)
        events = [event for page in pages for event in page["StackEvents"] if "FAILED" in event["ResourceStatus"]]
        return str(events[-1].get("ResourceStatusReason")) if events else ""

    def ids(self) -> dict[str, str]:
        pages = self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.id)
        rows = [row for page in pages for row in page["StackResourceSummaries"]]
        return {row["LogicalResourceId"]: row["PhysicalResourceId"] for row in rows}

    def delete(self) -> None:
        self.cloudformation.delete_stack(StackName=self.id)
        assert self._ended() == "DELETE_COMPLETE", self.failure()
