"""The Lambda entry point: settings in, metrics and log lines out, and an error where something was not done."""

from __future__ import annotations

import importlib
import json
from types import ModuleType
from typing import Any

import pytest

from refarch_lambdas.interruptions.events import UnknownEventError
from refarch_lambdas.interruptions.responder import PartialFailureError
from refarch_lambdas.interruptions.settings import Settings
from tests.lambdas.interruptions import corpus
from tests.lambdas.interruptions.world import REGION, World, group_arn


class Context:
    """What Lambda gives a handler."""

    function_name = "function"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function"
    memory_limit_in_mb = "256"
    aws_request_id = "request-1"
    log_group_name = log_stream_name = "log"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


@pytest.fixture
def module(world: World, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    environment = {
        "POWERTOOLS_SERVICE_NAME": "Responder",
        "POWERTOOLS_METRICS_NAMESPACE": "refarch/interruptions",
        "AWS_REGION": REGION,
        "RESPONDER_SETTINGS": json.dumps({"topic": "arn:aws:sns:us-east-1:123456789012:t", "scope_groups": []}),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    module = importlib.reload(importlib.import_module("refarch_lambdas.interruption_responder.handler"))
    monkeypatch.setattr(module, "_client", world.clients)
    monkeypatch.setattr("refarch_lambdas.interruptions.responder.PAUSES", ())
    return module


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_it_acts_logs_and_counts(
    module: ModuleType, world: World, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    instance = world.add(1, tags={"TargetGroupArn": group_arn("web")})
    world.register("web", (instance, 80))
    assert module.handler(corpus.notice(instance), Context()) == {"verdicts": {"handled": 1}}
    [line] = [vars(each) for each in caplog.records if each.msg == "interruption"]
    assert (line["instance_id"], line["verdict"], line["levelname"]) == (instance, "handled", "INFO")
    [metrics] = [each for each in lines(capsys) if "_aws" in each]
    assert (metrics["Interruptions"], metrics["TargetsDeregistered"], metrics["ActionsFailed"]) == ([1], [1], [0])
    assert metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "refarch/interruptions"
    assert "SecondsAfterNotice" in metrics


def test_it_fails_at_the_end_with_every_problem(
    module: ModuleType, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    instance = world.add(1, tags={"TargetGroupArn": group_arn("web")})
    world.register("web", (instance, 80))
    world.failures = {each: ["AccessDenied", "for ever"] for each in ("deregister_targets", "publish")}
    with pytest.raises(PartialFailureError, match=r"deregister: .*AccessDenied.*; notify: .*AccessDenied"):
        module.handler(corpus.notice(instance), Context())
    [metrics] = [each for each in lines(capsys) if "_aws" in each]
    assert metrics["ActionsFailed"] == [2]


def test_an_event_of_another_kind_is_an_error(module: ModuleType) -> None:
    with pytest.raises(UnknownEventError):
        module.handler({"detail-type": "Scheduled Event"}, Context())


def test_settings_with_a_typing_error_stop_at_once() -> None:
    with pytest.raises(ValueError, match=r"\['tpic'\], allowed: \['clusters'"):
        Settings.from_json('{"tpic": "x"}')


def test_an_instance_that_runs_again_is_given_back_and_counted(
    module: ModuleType, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"table": "interruptions", "topic": "arn:aws:sns:us-east-1:123456789012:t"}
    monkeypatch.setenv("RESPONDER_SETTINGS", json.dumps(settings))
    instance = world.add(7, tags={"TargetGroupArn": group_arn("web")})
    world.register("web", (instance, 80))
    running = {"detail-type": "EC2 Instance State-change Notification"}
    running |= {"detail": {"instance-id": instance, "state": "running"}}  # type: ignore[dict-item]
    assert module.handler(running, Context()) == {"verdicts": {}}  # just launched
    module.handler(corpus.notice(instance, "stop"), Context())
    assert world.in_service(group_arn("web")) == set()
    world.failures["register_targets"] = ["AccessDenied"]
    with pytest.raises(PartialFailureError, match="AccessDenied"):
        module.handler(running, Context())
    assert module.handler(running, Context()) == {"verdicts": {"returned": 1}}
    assert world.in_service(group_arn("web")) == {(instance, 80)}
    assert "InstancesReturned" in capsys.readouterr().out
