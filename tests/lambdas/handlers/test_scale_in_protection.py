"""The custom resource that takes scale-in protection off a group that goes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from refarch_lambdas.scale_in_protection import handler as module


class Scaling:
    """A group with protected instances, as Auto Scaling tells of it."""

    def __init__(self, protected: int = 0, *, gone: bool = False, refuses: bool = False) -> None:
        self.instances = [
            {"InstanceId": f"i-{number:04}", "LifecycleState": "InService", "ProtectedFromScaleIn": True}
            for number in range(protected)
        ]
        self.gone, self.refuses = gone, refuses
        self.new, self.sizes = True, list[int]()

    def describe_auto_scaling_groups(self, AutoScalingGroupNames: list[str]) -> dict[str, Any]:
        return {"AutoScalingGroups": [] if self.gone else [{"Instances": self.instances}]}

    def update_auto_scaling_group(self, AutoScalingGroupName: str, **given: bool) -> None:
        self.new = given["NewInstancesProtectedFromScaleIn"]

    def set_instance_protection(self, **given: Any) -> None:
        if self.refuses:
            raise RuntimeError("AccessDenied")
        self.sizes.append(len(given["InstanceIds"]))
        for each in self.instances:
            if each["InstanceId"] in given["InstanceIds"]:
                each["ProtectedFromScaleIn"] = given["ProtectedFromScaleIn"]


@pytest.fixture
def answers() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An address that takes answers, and those that it got."""
    found: list[dict[str, Any]] = []

    class Place(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            found.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *given: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Place)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", found
    server.shutdown()
    server.server_close()


def event(kind: str, url: str, **more: str) -> dict[str, Any]:
    ids = {"StackId": "stack", "RequestId": "request", "LogicalResourceId": "Spot"}
    return {
        "RequestType": kind,
        "ResponseURL": url,
        "ResourceProperties": {"AutoScalingGroupName": "web"},
        **ids,
        **more,
    }


def test_what_goes_is_released_in_as_many_calls_as_it_takes(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[str, list[dict[str, Any]]]
) -> None:
    scaling = Scaling(120)
    scaling.instances[0]["LifecycleState"] = "Terminating:Wait"  # the API refuses those
    monkeypatch.setattr(module, "_scaling", lambda: scaling)
    module.handler(event("Delete", answers[0], PhysicalResourceId="web"), None)
    assert (scaling.new, scaling.sizes) == (False, [50, 50, 19])
    ids = {"StackId": "stack", "RequestId": "request", "LogicalResourceId": "Spot"}
    assert answers[1] == [{"Status": "SUCCESS", "PhysicalResourceId": "web", **ids}]


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_what_stays_stays_protected_and_its_name_is_the_identity(
    kind: str, monkeypatch: pytest.MonkeyPatch, answers: tuple[str, list[dict[str, Any]]]
) -> None:
    scaling = Scaling(2)
    monkeypatch.setattr(module, "_scaling", lambda: scaling)
    module.handler(event(kind, answers[0], PhysicalResourceId="an earlier group"), None)
    assert (scaling.new, scaling.sizes) == (True, [])
    assert answers[1][0]["PhysicalResourceId"] == "web"


def test_a_group_that_is_gone_needs_nothing(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[str, list[dict[str, Any]]]
) -> None:
    monkeypatch.setattr(module, "_scaling", lambda: Scaling(gone=True))
    module.handler(event("Delete", answers[0]), None)
    assert answers[1][0]["Status"] == "SUCCESS"


def test_cloudformation_is_told_of_a_refusal_at_once(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[str, list[dict[str, Any]]]
) -> None:
    monkeypatch.setattr(module, "_scaling", lambda: Scaling(1, refuses=True))
    module.handler(event("Delete", answers[0], PhysicalResourceId="web"), None)
    assert (answers[1][0]["Status"], answers[1][0]["Reason"]) == (
        "FAILED",
        "web still protects its instances: AccessDenied",
    )
