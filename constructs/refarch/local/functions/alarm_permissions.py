"""An alarm reaches only the functions and topics whose policies let CloudWatch; what it cannot reach is logged.

Source: "Using Amazon CloudWatch alarms": actions that invoke Lambda functions, and that notify SNS topics.
"""

from __future__ import annotations

import logging
from typing import Any

from refarch.local import adapter
from refarch.local.functions import grants
from refarch.local.functions.alarms import ACTIONS

logger = logging.getLogger("refarch.local")
INVOKES, PUBLISHES = "lambda.alarms.cloudwatch.amazonaws.com", "cloudwatch.amazonaws.com"


def install() -> None:
    dispatch = adapter.read("alarm actions")

    def judged(alarm: dict[str, Any], old_state: str, new_state: str, reason: str) -> None:
        name = ACTIONS.get(new_state, "")
        allowed = [action for action in alarm.get(name) or () if not _refused(action, alarm["AlarmArn"])]
        dispatch({**alarm, name: allowed} if name else alarm, old_state, new_state, reason)

    adapter.replace("alarm actions", judged)


def _refused(action: str, alarm: str) -> bool:
    account = grants.account_of(alarm)
    if ":lambda:" in action:
        allowed, who = grants.function_allows(action, INVOKES, alarm), INVOKES
    elif action.startswith("arn:aws:sns:"):
        allowed, who = bool(adapter.read("policy of a topic")(action, PUBLISHES, alarm, account)), PUBLISHES
    else:
        return False
    if not allowed:
        logger.error("the policy of %s does not let %s act on it for %s", action, who, alarm)
    return not allowed
