"""Stacks from a template's text, and the generated properties of every type."""

from __future__ import annotations

import importlib.util
import json
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from refarch.local.resources.summary import ask

FINAL = ("COMPLETE", "FAILED")


class Stacks:
    """Deploys templates through the CloudFormation API of the test cloud, and removes what is left."""

    def __init__(self, bench: Any, until: Callable[..., Any]) -> None:
        self.bench = bench
        self.until = until
        self.cloudformation = bench.cloud.client("cloudformation")
        self.names: list[str] = []

    def create(self, resources: dict[str, Any], outputs: dict[str, Any] | None = None, **more: Any) -> str:
        name = f"stack-{uuid.uuid4().hex[:8]}"
        self.names.append(name)
        self.cloudformation.create_stack(StackName=name, **self._template(resources, outputs), **more)
        self.wait(name)
        return name

    def update(self, name: str, resources: dict[str, Any], outputs: dict[str, Any] | None = None) -> str:
        self.cloudformation.update_stack(StackName=name, **self._template(resources, outputs))
        return self.wait(name)

    def delete(self, name: str) -> None:
        identifier = self.describe(name)["StackId"]
        self.cloudformation.delete_stack(StackName=name)
        self.until(lambda: self.describe(identifier)["StackStatus"] in ("DELETE_COMPLETE", "DELETE_FAILED"), 60)
        assert self.describe(identifier)["StackStatus"] == "DELETE_COMPLETE", self.failures(identifier)
        self.names.remove(name)

    def wait(self, name: str) -> str:
        self.until(lambda: self.status(name).endswith(FINAL), 60)
        return self.status(name)

    def describe(self, name: str) -> dict[str, Any]:
        return dict(self.cloudformation.describe_stacks(StackName=name)["Stacks"][0])

    def status(self, name: str) -> str:
        return str(self.describe(name)["StackStatus"])

    def failures(self, name: str) -> list[str]:
        """Why resources failed, first things first."""
        pages = self.cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
        events = [event for page in pages for event in page["StackEvents"]]
        return [
            event.get("ResourceStatusReason", "") for event in reversed(events) if "FAILED" in event["ResourceStatus"]
        ]

    def outputs(self, name: str) -> dict[str, str]:
        return {one["OutputKey"]: one["OutputValue"] for one in self.describe(name).get("Outputs", [])}

    def ids(self, name: str) -> dict[str, str]:
        pages = self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        return {
            one["LogicalResourceId"]: one["PhysicalResourceId"]
            for page in pages
            for one in page["StackResourceSummaries"]
        }

    def recorded(self, part: str = "") -> list[dict[str, Any]]:
        found = ask(self.bench.cloud.endpoint_url, "resources")["resources"]
        return [one for one in found if part in one["type"]]

    def _template(self, resources: dict[str, Any], outputs: dict[str, Any] | None) -> dict[str, Any]:
        values = {key: {"Value": value} for key, value in (outputs or {}).items()}
        text = json.dumps({"Resources": resources, **({"Outputs": values} if values else {})})
        common = {"Capabilities": ["CAPABILITY_NAMED_IAM"]}
        if len(text) < 50_000:
            return {"TemplateBody": text, **common}
        bucket, s3 = self.bench.bucket(), self.bench.cloud.client("s3")
        s3.put_object(Bucket=bucket, Key="template.json", Body=text.encode())
        return {"TemplateURL": f"{self.bench.cloud.endpoint_url}/{bucket}/template.json", **common}


@pytest.fixture
def stacks(bench: Any, until: Callable[..., Any]) -> Iterator[Stacks]:
    made = Stacks(bench, until)
    yield made
    for name in list(made.names):
        made.delete(name)


@pytest.fixture(scope="session")
def generated() -> ModuleType:
    """tests/local/resources/generated.py, which is no test."""
    path = Path(__file__).with_name("generated.py")
    spec = importlib.util.spec_from_file_location("generated_properties", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
