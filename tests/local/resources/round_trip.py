"""A stack makes resources, the services tell of them through boto3, and tell no more when the stack is gone."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from refarch.local import LocalCloud
from refarch.local.environment import ACCOUNT
from refarch.local.resources import derivation, schemas, shapes
from refarch.local.resources.summary import ask

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
    stack.delete()
    for key, name in made.items():
        if name not in found and not _unseen(clients, cases[name]["entry"], known[key]):
            found[name] = "it is still there when its stack is gone"
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
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            status = str(self.cloudformation.describe_stacks(StackName=self.id)["Stacks"][0]["StackStatus"])
            if status.endswith(("COMPLETE", "FAILED")):
                return status
            time.sleep(0.1)
        raise AssertionError(f"not within {SECONDS} s")

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
