"""Weighted aliases, and what follows when an alarm changes its state."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import pytest

from refarch.local.functions.alarm_evaluation import decide
from refarch.local.functions.aliases import drawn

TELLS = "def handler(event, context): return [context.function_version, context.invoked_function_arn]"


def test_the_draw_follows_the_weights() -> None:
    alias = {"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.25, "3": 0.25}}}
    assert [drawn(alias, number) for number in (0, 0.24, 0.25, 0.49, 0.5, 0.99)] == ["2", "2", "3", "3", "1", "1"]


def test_a_weighted_alias_reaches_both_versions_and_keeps_its_own(bench: Any) -> None:
    functions, name = bench.cloud.client("lambda"), bench.function(TELLS)
    functions.publish_version(FunctionName=name, Description="one")
    functions.update_function_configuration(FunctionName=name, Description="two")
    functions.publish_version(FunctionName=name)
    functions.create_alias(
        FunctionName=name,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )
    ran: Counter[str] = Counter()
    for _ in range(30):
        answer = functions.invoke(FunctionName=name, Qualifier="live")
        version, arn = json.loads(answer["Payload"].read())
        assert answer["ExecutedVersion"] == version
        assert arn.endswith(":live")
        ran[version] += 1
    assert set(ran) == {"1", "2"}
    assert functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "1"
    for _ in range(8):
        assert functions.get_function(FunctionName=name, Qualifier="live")["Configuration"]["Version"] == "1"


@pytest.mark.parametrize("composite", [False, True])
def test_an_alarm_s_change_reaches_eventbridge(bench: Any, composite: bool) -> None:
    watch, events, name = bench.cloud.client("cloudwatch"), bench.cloud.client("events"), bench.name("alarm")
    url, arn = bench.queue()
    watched = f"{name}-all" if composite else name
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": [watched], "state": {"value": ["ALARM"]}}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arn}])
    put_alarm(watch, name)
    if composite:
        watch.put_composite_alarm(AlarmName=watched, AlarmRule=f"ALARM({name})")
    watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="tried")
    event = bench.receive(url)
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["resources"][0].endswith(f":alarm:{watched}")
    assert event["detail"]["state"]["value"] == "ALARM"
    assert ("alarmRule" in event["detail"]["configuration"]) == composite


def test_a_function_is_an_alarm_s_action(bench: Any, until: Any) -> None:
    name = bench.function("def handler(event, context): print('told', event['alarmData']['state']['value'])")
    function = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    put_alarm(bench.cloud.client("cloudwatch"), name, AlarmActions=[function])
    metric = {"MetricName": "m", "Value": 5.0, "Timestamp": time.time()}
    bench.cloud.client("cloudwatch").put_metric_data(Namespace=name, MetricData=[metric])
    until(lambda: any("told ALARM" in line for line in bench.cloud.function_log(name)))


@pytest.mark.parametrize(
    ("values", "missing", "ignore", "breaching", "not_breaching"),
    [  # the table of "How CloudWatch alarms handle missing data", three of three, newest first
        ([9, 9, 0], "OK", "OK", "OK", "OK"),
        ([0], "OK", "OK", "OK", "OK"),
        ([], "INSUFFICIENT_DATA", None, "ALARM", "OK"),
        ([9, 9, 9], "ALARM", "ALARM", "ALARM", "ALARM"),
        ([9], "ALARM", None, "ALARM", "OK"),
    ],
)
def test_missing_data_is_treated_as_asked(
    values: list[float], missing: str, ignore: str, breaching: str, not_breaching: str
) -> None:
    alarm = {"EvaluationPeriods": 3, "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold"}
    wanted = {"missing": missing, "ignore": ignore, "breaching": breaching, "notBreaching": not_breaching}
    assert {name: decide(alarm | {"TreatMissingData": name}, values) for name in wanted} == wanted


def test_some_of_the_periods_are_enough_when_the_alarm_says_so() -> None:
    alarm = {"EvaluationPeriods": 3, "DatapointsToAlarm": 2, "Threshold": 5}
    alarm |= {"ComparisonOperator": "LessThanOrEqualToThreshold"}
    assert [decide(alarm, values) for values in ([5, 9, 1], [5, 9, 9])] == ["ALARM", "OK"]


def test_an_alarm_looks_at_its_own_dimensions(bench: Any, until: Any) -> None:
    watch, name = bench.cloud.client("cloudwatch"), bench.name("alarm")
    for of in ("a", "b"):
        put_alarm(watch, f"{name}-{of}", space=name, Dimensions=[{"Name": "of", "Value": of}])
    metric = {"MetricName": "m", "Value": 5.0, "Dimensions": [{"Name": "of", "Value": "b"}]}
    watch.put_metric_data(Namespace=name, MetricData=[metric])

    def states() -> list[str]:
        found = watch.describe_alarms(AlarmNamePrefix=name)["MetricAlarms"]
        return [alarm["StateValue"] for alarm in sorted(found, key=lambda alarm: str(alarm["AlarmName"]))]

    until(lambda: states() == ["INSUFFICIENT_DATA", "ALARM"])


def put_alarm(watch: Any, name: str, space: str = "", **more: Any) -> None:
    watch.put_metric_alarm(
        AlarmName=name,
        Namespace=space or name,
        MetricName="m",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        **more,
    )
