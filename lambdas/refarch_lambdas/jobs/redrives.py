"""The end of a run that may be redriven: it fails with the reason, and once it is redriven it goes on. Pure.

A Fail state cannot do that: redriven, an execution begins again in the state in which it ended, and a Fail state fails
again. A task that fails is run again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def fail_unless_redriven(failure: Mapping[str, Any], noted: int, redrives: int) -> dict[str, int]:
    """Returns the number of redrives if there was one since the failure was noted. Raises an error with the failure's
    name otherwise: Step Functions tells its name as `Error`, and its words in `Cause` as `errorMessage`."""
    if redrives > noted:
        return {"redrives": redrives}
    raise type(str(failure["Error"]), (Exception,), {})(str(failure["Cause"]))
