"""Lambda entry point of the responder: an event of EventBridge in, an error out where something was not done."""

from __future__ import annotations

import os
import time
from collections import Counter
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from refarch_lambdas.interruptions.assembly import actions_of, ledger_of
from refarch_lambdas.interruptions.events import parse_event
from refarch_lambdas.interruptions.responder import HANDLED, PartialFailureError, Report, Responder
from refarch_lambdas.interruptions.returns import KIND, Returns, instance_of
from refarch_lambdas.interruptions.settings import Settings

logger = Logger()
metrics = Metrics()
# A throttled or silent API is tried again at once, not for a minute: the notice is two minutes long.
_PATIENCE = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 4})
# The invocation must still tell what it could not do before Lambda stops it.
_RESERVE_SECONDS = 2.0


@cache
def _client(service: str) -> Any:
    return boto3.client(service, config=_PATIENCE)


@cache
def _responder() -> Responder:
    settings = Settings.from_json(os.environ["RESPONDER_SETTINGS"])
    return Responder(
        settings,
        _client,
        actions_of(settings, _client),
        ledger_of(settings, _client),
        region=os.environ["AWS_REGION"],
    )


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers every interruption that the event tells of. Raises `PartialFailureError` with all problems at the end,
    so that Lambda tries again; an event of another kind raises `UnknownEventError`."""
    if event.get("detail-type") == KIND:
        return _give_back(instance_of(event))
    deadline = time.time() + context.get_remaining_time_in_millis() / 1000 - _RESERVE_SECONDS
    reports = [
        _responder().respond(each, owner=context.aws_request_id, deadline=deadline) for each in parse_event(event)
    ]
    for report in reports:
        _tell(report)
    if problems := [f"{found.action}: {found.what}" for report in reports for found in report.problems]:
        raise PartialFailureError("; ".join(problems))
    return {"verdicts": dict(Counter(report.verdict for report in reports))}


def _give_back(instance: str) -> dict[str, Any]:
    """An instance that runs again; most have only just been launched, and the log knows nothing of them."""
    settings = Settings.from_json(os.environ["RESPONDER_SETTINGS"])
    if not settings.table:
        return {"verdicts": {}}
    done, problems = Returns(_client, settings.table).give_back(instance, time.time())
    if done or problems:
        details = {"instance_id": instance, "done": done, "problems": [found.what for found in problems]}
        (logger.error if problems else logger.info)("return", extra=details)
        _count("InstancesReturned", 1 if done else 0)
        _count("ActionsFailed", len(problems))
    if problems:
        raise PartialFailureError("; ".join(f"{found.action}: {found.what}" for found in problems))
    return {"verdicts": {"returned": 1} if done else {}}


def _tell(report: Report) -> None:
    """One line in the log and the metrics of an interruption."""
    interruption = report.interruption
    done = {name: list(outcome.done) for name, outcome in report.outcomes.items()}
    details = {
        "instance_id": interruption.instance_id,
        "signal": interruption.signal,
        "effect": interruption.effect,
        "event_id": interruption.event_id,
        "verdict": report.verdict,
        "done": done,
        "problems": [found.what for found in report.problems],
    }
    (logger.error if report.problems else logger.info)("interruption", extra=details)
    _count("ActionsFailed", len(report.problems))
    if report.outcomes:
        _count("Interruptions", 1)
        _count("TargetsDeregistered", len(done.get("deregister", ())))
        _count("InstancesDrained", 1 if done.get("drain") else 0)
    if report.verdict == HANDLED and interruption.signal == "notice":
        late = max(0.0, time.time() - interruption.time)
        metrics.add_metric(name="SecondsAfterNotice", unit=MetricUnit.Seconds, value=late)


def _count(name: str, value: int) -> None:
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
