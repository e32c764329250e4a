"""Whether a failed attempt is tried again. Pure; source: "Automated job retries" in the AWS Batch guide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def attempts_of(strategy: Mapping[str, Any] | None) -> int:
    """How often a job may be tried; one without a strategy once."""
    return max(1, int((strategy or {}).get("attempts") or 1))


def tries_again(
    strategy: Mapping[str, Any] | None, attempt: int, exit_code: int | None, reason: str, status_reason: str
) -> bool:
    """Decide after the failed attempt number `attempt` (from 1).

    `reason` is the container's, `status_reason` the attempt's. The first of `evaluateOnExit` of which every
    condition holds decides; when none does, the job is tried again while attempts are left.
    """
    if attempt >= attempts_of(strategy):
        return False
    found = {"onExitCode": _text(exit_code), "onReason": reason, "onStatusReason": status_reason}
    for rule in (strategy or {}).get("evaluateOnExit") or ():
        conditions = [(found[name], rule[name]) for name in found if rule.get(name)]
        if all(fits(pattern, value) for value, pattern in conditions):
            return str(rule.get("action", "")).upper() == "RETRY"
    return True


def fits(pattern: str, value: str) -> bool:
    """AWS's glob: an asterisk at the end stands for anything, every other character for itself."""
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern


def _text(exit_code: int | None) -> str:
    return "" if exit_code is None else str(exit_code)
