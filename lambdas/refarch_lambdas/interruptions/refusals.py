"""Errors of the SDK as problems: which of them are worth another try soon, and which mean that nothing is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from refarch_lambdas.interruptions.interruption import Problem

AWS_ERRORS = (ClientError, BotoCoreError)
_FOR_GOOD = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "ValidationError"}
)
_GONE = frozenset(
    {
        "InvalidInstanceID.NotFound",
        "InvalidInstanceID.Malformed",
        "TargetGroupNotFound",
        "TargetGroupNotFoundException",
        "InvalidTarget",
        "InstanceNotFound",
        "ServiceNotFound",
        "ClusterNotFoundException",
    }
)


def code_of(error: Exception) -> str:
    """The error code of AWS, or the class of an error that never reached it."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__


def is_gone(error: Exception) -> bool:
    """Whether the error says that what was to be changed is not there."""
    return code_of(error) in _GONE


def problem(action: str, about: str, error: Exception) -> Problem:
    """An error as a problem of an action. Refusals by policy do not change within seconds."""
    return Problem(action=action, what=f"{about}: {code_of(error)}: {error}", again=code_of(error) not in _FOR_GOOD)


def attempt(action: str, about: str, call: Callable[[], Any], problems: list[Problem]) -> Any:
    """The answer of `call`; None where it failed, and then `problems` has it (unless the thing is gone)."""
    try:
        return call()
    except AWS_ERRORS as error:
        if not is_gone(error):
            problems.append(problem(action, about, error))
        return None
