"""Every type of these services that is called API-backed: one stack makes them, describe calls see them come and go."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from refarch.local import LocalCloud
from refarch.local.moto_services import kept
from refarch.local.resources import records
from refarch.local.resources.backed_moto import BACKED
from refarch.local.resources.summary import ask
from rehearsals.account import crowding

CASES: dict[str, Any] = json.loads(Path(__file__).with_name("templates.json").read_text("utf-8"))
GONE = ("deleting", "deleted")
SECONDS = 60


def test_every_type_is_tested() -> None:
    assert {case["type"] for case in CASES.values()} == set(BACKED)
    assert len(BACKED) >= 15


def test_they_are_made_seen_and_ended(cloud: LocalCloud) -> None:
    cloudformation = cloud.client("cloudformation")
    name = f"stack-{uuid.uuid4().hex[:8]}"
    resources = {key: {"Type": case["type"], "Properties": case["properties"]} for key, case in CASES.items()}
    outputs = {"Shield": {"Value": {"Fn::GetAtt": ["Shield", "ProtectionId"]}}}
    made = cloudformation.create_stack(
        StackName=name, TemplateBody=json.dumps({"Resources": resources, "Outputs": outputs})
    )["StackId"]
    try:
        told(cloud, made)
    finally:  # names are the templates' own: what a failure leaves would stand in the next one's way
        cloudformation.delete_stack(StackName=made)
        ended(cloudformation, made)


def told(cloud: LocalCloud, made: str) -> None:
    """What the stack made is seen while it is there, and no longer when it is gone."""
    cloudformation = cloud.client("cloudformation")
    assert ended(cloudformation, made) == "CREATE_COMPLETE", failures(cloudformation, made)
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=made)
    ids = {
        one["LogicalResourceId"]: one["PhysicalResourceId"] for page in pages for one in page["StackResourceSummaries"]
    }
    ids["ProtectionId"] = cloudformation.describe_stacks(StackName=made)["Stacks"][0]["Outputs"][0]["OutputValue"]
    listed = {(one["type"], one["id"]): one["real"] for one in ask(cloud.endpoint_url, "resources")["resources"]}
    assert {listed[case["type"], ids[key]] for key, case in CASES.items()} == {"API-backed"}
    assert [key for key in CASES if not seen(cloud, key, ids)] == []

    cloudformation.delete_stack(StackName=made)
    assert ended(cloudformation, made) == "DELETE_COMPLETE", failures(cloudformation, made)
    assert [key for key in CASES if seen(cloud, key, ids)] == []


def seen(cloud: LocalCloud, key: str, ids: dict[str, str]) -> bool:
    """Whether the service tells of the resource, other than that it is going."""
    service, operation = CASES[key]["read"].split(".")
    asked = filled(CASES[key]["by"], {**ids, "Ref": ids[key]})
    try:
        reply = getattr(cloud.client(service), operation)(**asked)
    except ClientError:
        return False
    del reply["ResponseMetadata"]
    text = json.dumps(reply, default=str).lower()
    return any(reply.values()) and not any(f'"{state}"' in text for state in GONE)


def filled(value: Any, ids: dict[str, str]) -> Any:
    """The arguments of a describe call, with the identifiers of this stack."""
    if isinstance(value, dict):
        return {name: filled(inner, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, ids) for inner in value]
    if isinstance(value, str) and (value == "Ref" or value.startswith(("Of:", "GetAtt:"))):
        return ids[value.rpartition(":")[2]]
    return value


def ended(cloudformation: Any, stack: str) -> str:
    deadline = time.monotonic() + SECONDS * crowding()
    while time.monotonic() < deadline:
        status = str(cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])
        if status.endswith(("COMPLETE", "FAILED")) and not status.endswith("CLEANUP_COMPLETE"):
            return status
        time.sleep(0.05)
    raise AssertionError(f"not within {SECONDS} s")


def failures(cloudformation: Any, stack: str) -> list[str]:
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    events = [event for page in pages for event in page["StackEvents"] if "FAILED" in event["ResourceStatus"]]
    return [f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason')}" for one in events]


def test_after_a_restart_they_are_called_records() -> None:
    lost = ("000000000000", "us-east-1", "AWS::CodeCommit::Repository", "1")
    stays = ("000000000000", "us-east-1", "AWS::EC2::EIP", "203.0.113.1")
    records.put(lost, records.Record({}, {}, "codecommit"))
    records.put(stays, records.Record({}, {}, "ec2"))
    try:
        kept.load(kept.save())
        found = [records.get(lost), records.get(stays)]
        assert [one.api for one in found if one is not None] == [None, "ec2"]
    finally:
        records.remove(lost)
        records.remove(stays)
