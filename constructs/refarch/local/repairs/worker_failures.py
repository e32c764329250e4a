"""A worker process that dies takes only its own invocation with it, at once and by the name AWS gives it.

ministack ends every worker of the function when one of them cannot start, also those in the middle
of other invocations, and does not name a killed worker.
"""

from __future__ import annotations

from typing import Any

from refarch.local import adapter

DIED = "Worker process died"
INIT_FAILED = "Worker init failed: "


def install() -> None:
    invoke = adapter.read("worker invocation")

    def contained(self: Any, event: Any, request_id: str, **rest: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = invoke(self, event, request_id, **rest)
        except Exception as error:
            adapter.read("end processes of workers")([self])  # half started: the next invocation starts anew
            return start_failure(str(error), request_id)
        return answer | exit_failure(request_id) if lost_its_process(answer) else answer

    adapter.replace("worker invocation", contained)


def lost_its_process(answer: dict[str, Any]) -> bool:
    """Whether the answer says that the process ended, or closed its door, before it answered."""
    error = str(answer.get("error", ""))
    return answer.get("status") == "error" and "type" not in answer and (error == DIED or "Broken pipe" in error)


def exit_failure(request_id: str) -> dict[str, Any]:
    """What AWS answers when the process of a function is gone."""
    error = f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"
    return {"status": "error", "error": error, "type": "Runtime.ExitError"}


def start_failure(error: str, request_id: str) -> dict[str, Any]:
    """The failed invocation of an environment that could not start, with AWS's name for the reason."""
    if not error.startswith(INIT_FAILED):
        return exit_failure(request_id) | {"log": error}
    reason = error.removeprefix(INIT_FAILED)
    if reason.startswith("No module named"):
        kind, reason = "Runtime.ImportModuleError", f"Unable to import module: {reason}"
    elif "has no attribute" in reason:
        kind = "Runtime.HandlerNotFound"
    else:
        kind = "Runtime.InitError"
    return {"status": "error", "error": reason, "type": kind, "log": error}
