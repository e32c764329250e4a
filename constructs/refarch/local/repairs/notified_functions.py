"""SNS and EventBridge invoke functions asynchronously: with retries and slots, as everything else that does.

ministack runs them once, in a thread of their own, and forgets a failure.
"""

from __future__ import annotations

import contextvars
import json
from typing import Any

from refarch.local import adapter

_notifying: contextvars.ContextVar[bool] = contextvars.ContextVar("refarch_notifying", default=False)


def install() -> None:
    execute, deliver = adapter.read("execute in scope"), adapter.read("notification to function")

    def execute_or_queue(func: dict[str, Any], event: Any) -> dict[str, Any]:
        if not _notifying.get():
            return execute(func, event)  # type: ignore[no-any-return]
        _notifying.set(False)  # the attempts inherit this context, and they are to execute
        adapter.read("invoke asynchronously")(func, event)
        return {}

    def notify(*arguments: Any) -> None:
        def marked() -> None:
            _notifying.set(True)
            deliver(*arguments)

        contextvars.copy_context().run(marked)

    adapter.replace("execute in scope", execute_or_queue)
    adapter.replace("notification to function", notify)
    adapter.replace("event to function", send_event)


def send_event(arn: str, payload: str) -> None:
    """Queue an event of EventBridge for the function with this name, when there is one."""
    func, config, _ = adapter.read("function of reference")(arn)
    if func and config:
        adapter.read("invoke asynchronously")(adapter.read("execution record")(func, config), json.loads(payload))
