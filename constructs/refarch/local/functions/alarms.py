"""An alarm that changes its state tells EventBridge, and invokes the functions among its actions.

Plain and composite alarms go the same way. ministack tells SNS topics only.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from refarch.local import adapter

ACTIONS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}


def install() -> None:
    dispatch = adapter.read("alarm actions")

    def tell(alarm: dict[str, Any], old_state: str, new_state: str, reason: str) -> None:
        event = state_change(alarm, old_state, new_state, reason)
        entry = {
            "Source": "aws.cloudwatch",
            "DetailType": "CloudWatch Alarm State Change",
            "Resources": [alarm["AlarmArn"]],
            "Detail": json.dumps(event),
        }
        adapter.read("put events")({"Entries": [entry]}, allow_aws_source=True)
        for action in functions_to_invoke(alarm, new_state):
            adapter.read("event to function")(action, json.dumps(action_event(alarm, event)))
        dispatch(alarm, old_state, new_state, reason)

    adapter.replace("alarm actions", tell)


def functions_to_invoke(alarm: dict[str, Any], state: str) -> list[str]:
    """The functions among the actions of this state."""
    actions = alarm.get(ACTIONS[state]) or [] if alarm.get("ActionsEnabled", True) else []
    return [action for action in actions if ":lambda:" in action]


def state_change(alarm: dict[str, Any], old_state: str, new_state: str, reason: str) -> dict[str, Any]:
    """The detail of a state change. Source: "Alarm events and EventBridge" in the CloudWatch guide."""
    state = {"value": new_state, "reason": reason, "timestamp": _now()}
    if alarm.get("StateReasonData"):
        state["reasonData"] = alarm["StateReasonData"]
    return {
        "alarmName": alarm["AlarmName"],
        "state": state,
        "previousState": {"value": old_state},
        "configuration": configuration(alarm),
    }


def configuration(alarm: dict[str, Any]) -> dict[str, Any]:
    """What the event tells of the alarm: the rule of a composite one, else the metric it watches."""
    described = {"description": alarm.get("AlarmDescription")} if alarm.get("AlarmDescription") else {}
    if "AlarmRule" in alarm:
        return described | {"alarmRule": alarm["AlarmRule"]}
    metric = {
        "namespace": alarm.get("Namespace"),
        "name": alarm.get("MetricName"),
        "dimensions": {each["Name"]: each["Value"] for each in alarm.get("Dimensions") or ()},
    }
    statistics = {"metric": metric, "period": alarm.get("Period"), "stat": alarm.get("Statistic", "Average")}
    return described | {"metrics": [{"id": "m1", "metricStat": statistics, "returnData": True}]}


def action_event(alarm: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """What a function gets that is an action of the alarm itself."""
    data = {name: change[name] for name in ("alarmName", "state", "previousState", "configuration")}
    account, region = alarm["AlarmArn"].split(":")[4], alarm["AlarmArn"].split(":")[3]
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm["AlarmArn"],
        "accountId": account,
        "time": _now(),
        "region": region,
        "alarmData": data,
    }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
