"""Asynchronous invocations as AWS makes them: bounded, never lost, retried as configured, their outcome delivered."""

from __future__ import annotations

import contextvars
import json
import logging
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from refarch.local import adapter, hooks
from refarch.local.repairs import request_ids
from refarch.local.repairs.destinations import Delivery, dead_letter_attributes, invocation_record
from refarch.local.repairs.invocation_queue import THROTTLE_PAUSE, Attempted, InvocationQueue, retry_delay

logger = logging.getLogger("refarch.local")
DEFAULT_RETRIES = 2
DEFAULT_AGE = 21_600  # seconds; AWS's default and maximum
# All attempts of one invocation have one request id; ministack draws a new one for each.
_request_id: contextvars.ContextVar[str | None] = contextvars.ContextVar("refarch_request_id", default=None)


def install(slots: int, endpoint_url: str) -> None:
    queue, delivery = InvocationQueue(slots), Delivery(endpoint_url)
    hooks.on_reset("asynchronous invocations", queue.clear)

    def invoke(func: dict[str, Any], event: Any) -> None:
        invocation = Invocation(func, event, delivery)
        request_ids.tell(invocation.request_id)
        context = contextvars.copy_context()
        queue.submit(lambda: context.copy().run(invocation.attempt))

    adapter.replace("invoke asynchronously", invoke)
    dispatch = adapter.read("dispatch execution")

    def with_one_request_id(func: Any, config: Any, event: Any, request_id: str, started: float) -> Any:
        return dispatch(func, config, event, _request_id.get() or request_id, started)

    adapter.replace("dispatch execution", with_one_request_id)


def settings_of(func: dict[str, Any]) -> dict[str, Any]:
    """The settings of asynchronous invocations that hold for this record; `$LATEST` is the unqualified function."""
    configurations = func.get("event_invoke_configs") or {}
    config = func.get("config") or func
    qualifier = config.get("FunctionArn", "").split(":")[7:8]
    names = [*qualifier, "$LATEST", ""] if not qualifier or qualifier == ["$LATEST"] else qualifier
    return next((configurations[name] for name in names if name in configurations), {})


@dataclass
class Invocation:
    """One event on its way to a function, until it succeeded or is given up."""

    func: dict[str, Any]
    event: Any
    delivery: Delivery
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    submitted: float = field(default_factory=time.monotonic)
    attempts: int = 0

    def attempt(self) -> Attempted:
        """Run the function once and decide what follows."""
        base = self._current_function()
        if base is None:
            return Attempted()  # deleted meanwhile; AWS drops its events too
        _request_id.set(self.request_id)
        result = adapter.read("execute in scope")(self.func, self.event)
        settings = settings_of({**self.func, "event_invoke_configs": base.get("event_invoke_configs")})
        age_left = int(settings.get("MaximumEventAgeInSeconds", DEFAULT_AGE)) - (time.monotonic() - self.submitted)
        if result.get("throttle") and age_left > THROTTLE_PAUSE:
            return Attempted(again_in=THROTTLE_PAUSE)
        self.attempts += 1
        if not result.get("error"):
            return self._finish(settings, result, "Success")
        retries = int(settings.get("MaximumRetryAttempts", DEFAULT_RETRIES))
        if self.attempts > retries:
            return self._finish(settings, result, "RetriesExhausted")
        delay = retry_delay(self.attempts)
        return Attempted(again_in=delay) if delay < age_left else self._finish(settings, result, "EventAgeExceeded")

    def _current_function(self) -> dict[str, Any] | None:
        functions, name = adapter.read("functions"), self._config["FunctionName"]
        return adapter.read("run in function's scope")(self.func, functions.get, name)  # type: ignore[no-any-return]

    @property
    def _config(self) -> dict[str, Any]:
        return self.func.get("config") or self.func

    def _finish(self, settings: dict[str, Any], result: dict[str, Any], condition: str) -> Attempted:
        destinations = settings.get("DestinationConfig") or {}
        kind = "OnSuccess" if condition == "Success" else "OnFailure"
        target = (destinations.get(kind) or {}).get("Destination")
        if target:
            self._send(target, self._record(result, condition))
        dead_letters = (self._config.get("DeadLetterConfig") or {}).get("TargetArn")
        if dead_letters and condition != "Success":
            self._send(dead_letters, json.dumps(self.event), dead_letter_attributes(self.request_id, result))
        return Attempted()

    def _record(self, result: dict[str, Any], condition: str) -> str:
        return invocation_record(
            request_id=self.request_id,
            function_arn=self._config["FunctionArn"],
            condition=condition,
            attempts=self.attempts,
            event=self.event,
            result=result,
        )

    def _send(self, target: str, body: str, attributes: dict[str, dict[str, str]] | None = None) -> None:
        try:
            self.delivery.send(target, body, adapter.read("execution credentials")(self._config), attributes)
        except Exception as error:
            logger.error(
                "the outcome of %s could not be delivered to %s: %s", self._config["FunctionName"], target, error
            )
