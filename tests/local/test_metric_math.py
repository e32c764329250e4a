"""Alarms on metric math: a stack with one deploys, and the alarm acts when its state is set."""

from __future__ import annotations

import json
from typing import Any

METRIC = {"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible"}
ALARM = {
    "Type": "AWS::CloudWatch::Alarm",
    "Properties": {
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "Metrics": [
            {"Id": "a", "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "Maximum"}, "ReturnData": False},
            {"Id": "sum", "Expression": "a + a"},
        ],
    },
}


def test_a_stack_with_metric_math_deploys_and_its_alarm_waits_for_its_state(bench: Any) -> None:
    cloudformation, cloudwatch = (bench.cloud.client(each) for each in ("cloudformation", "cloudwatch"))
    name = bench.name("math")
    body = json.dumps({"Resources": {"Math": ALARM}, "Outputs": {"Name": {"Value": {"Ref": "Math"}}}})
    cloudformation.create_stack(StackName=name, TemplateBody=body)
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    alarm = stack["Outputs"][0]["OutputValue"]
    [found] = cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    assert (found["StateValue"], found["Threshold"]) == ("INSUFFICIENT_DATA", 1.0)
    cloudwatch.put_metric_data(Namespace="-", MetricData=[{"MetricName": "-", "Value": 9.0}])  # it is nobody's metric
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="test")
    [found] = cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    assert found["StateValue"] == "ALARM"
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"] == []
