"""A failing function tells the class of its exception (`errorType`) and where it was raised (`stackTrace`).

Step Functions' Retry and Catch, alarms and on-failure destinations look at it; ministack answers
`Runtime.HandlerError` for every exception.
"""

from __future__ import annotations

import re
import threading
from typing import Any

from refarch.local import adapter

_MORE = '"error": str(e), "type": type(e).__name__, "trace": traceback.format_exc()'


def install() -> None:
    script = adapter.NAMES["worker script"]
    assert script.text is not None
    adapter.replace("worker script", adapter.read("worker script").replace(script.text, _MORE))
    last = threading.local()  # an invocation runs in one thread from end to end
    invoke, execute = adapter.read("worker invocation"), adapter.read("execute warm")

    def remembering(self: Any, event: Any, request_id: str, **rest: Any) -> dict[str, Any]:
        last.answer = invoke(self, event, request_id, **rest)
        return last.answer  # type: ignore[no-any-return]

    def naming(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        last.answer = {}
        result = execute(func, event, request_id)
        if result.get("error") and isinstance(result.get("body"), dict):
            result["body"] |= error_fields(last.answer, request_id)
        return result  # type: ignore[no-any-return]

    adapter.replace("worker invocation", remembering)
    adapter.replace("execute warm", naming)


def error_fields(answer: dict[str, Any], request_id: str) -> dict[str, Any]:
    """The fields of an AWS error answer that the worker's `answer` tells and ministack leaves out."""
    if "type" not in answer:
        return {}
    fields = {"errorType": answer["type"], "requestId": request_id}
    if answer.get("trace"):
        fields["stackTrace"] = frames(answer["trace"])
    return fields


def frames(trace: str) -> list[str]:
    """The frames of a Python traceback, without the first one: that is the emulator's."""
    found = re.findall(r"^  File .*\n(?:    .*\n)*", trace, re.MULTILINE)
    return found[1:]
