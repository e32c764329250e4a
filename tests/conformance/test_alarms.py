"""CloudWatch alarms."""

from __future__ import annotations

import json

from tests.conformance.declared import behaviour
from tests.conformance.observing import World, until


def measure(world: World, metric: str, value: float) -> None:
    data = [{"MetricName": metric, "Value": value}]
    world.client("cloudwatch").put_metric_data(Namespace="Conformance", MetricData=data)


def state(world: World, name: str) -> str:
    told = world.client("cloudwatch").describe_alarms(
        AlarmNames=[world.of("Alarms", name)], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    return str((told["MetricAlarms"] + told["CompositeAlarms"])[0]["StateValue"])


@behaviour("CloudWatch")
def test_alarm_to_sns_to_lambda(world: World) -> None:
    """A metric above its threshold: alarm, topic, function.

    The function gets the notification with the alarm's name and the new state.
    """
    measure(world, "Load", 99)
    name = world.of("Alarms", "High")
    record = world.saw("Alarms", "Told", name, 40)["Records"][0]["Sns"]
    told = json.loads(record["Message"])
    assert (told["AlarmName"], told["NewStateValue"]) == (name, "ALARM")


@behaviour("CloudWatch")
def test_alarm_to_eventbridge(world: World) -> None:
    """An alarm's change of state is an event.

    `CloudWatch Alarm State Change` arrives with the new and the former state.
    """
    measure(world, "Load", 99)
    event = world.saw("Alarms", "Bridged", world.of("Alarms", "High"), 40)
    assert event["detail"]["state"]["value"] in ("ALARM", "OK")
    assert event["detail"]["previousState"]["value"] in ("INSUFFICIENT_DATA", "OK", "ALARM")


@behaviour("CloudWatch")
def test_alarm_to_lambda(world: World) -> None:
    """An alarm invokes a function itself.

    The function gets the alarm's data as AWS documents it.
    """
    measure(world, "Heat", 80)
    event = world.saw("Alarms", "Acted", world.of("Alarms", "Direct"), 40)
    assert event["source"] == "aws.cloudwatch"
    assert event["alarmData"]["state"]["value"] == "ALARM"


@behaviour("CloudWatch")
def test_composite_alarm(world: World) -> None:
    """A composite alarm over two others.

    It is in ALARM when both are.
    """

    def both() -> bool:
        measure(world, "Load", 99)
        measure(world, "Heat", 99)
        return state(world, "Both") == "ALARM"

    until(both, 30)
