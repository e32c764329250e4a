"""Experiments of the Fault Injection Service reclaim simulated Spot instances, and stop when they must."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from refarch.local import LocalCloud
from refarch.local.compute.faults.running import Ended, order
from refarch.local.compute.faults.targets import candidates, problems, selected

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "fis.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def interruption(name: str, mode: str = "COUNT(1)", duration: str = "PT2M", alarm: str = "") -> dict[str, Any]:
    stop = {"source": "aws:cloudwatch:alarm", "value": alarm} if alarm else {"source": "none"}
    return {
        "description": "reclaims",
        "roleArn": "arn:aws:iam::000000000000:role/faults",
        "stopConditions": [stop],
        "targets": {
            "spot": {
                "resourceType": "aws:ec2:spot-instance",
                "resourceTags": {"aws:autoscaling:groupName": name},
                "selectionMode": mode,
                "filters": [{"path": "State.Name", "values": ["running"]}],
            }
        },
        "actions": {
            "interrupt": {
                "actionId": "aws:ec2:send-spot-instance-interruptions",
                "parameters": {"durationBeforeInterruption": duration},
                "targets": {"SpotInstances": "spot"},
            }
        },
    }


def started(faults: Any, template: dict[str, Any]) -> str:
    made = faults.create_experiment_template(**template)["experimentTemplate"]["id"]
    return str(faults.start_experiment(experimentTemplateId=made)["experiment"]["id"])


def ended(compute: Any, faults: Any, experiment: str) -> dict[str, Any]:
    compute.until(lambda: "endTime" in faults.get_experiment(id=experiment)["experiment"])
    return dict(faults.get_experiment(id=experiment)["experiment"])


def test_an_experiment_warns_interrupts_and_is_made_up_for(compute: Any) -> None:
    faults = compute.cloud.client("fis")
    name = compute.spot_group(2, compute.template())
    before = set(compute.members(name))
    warned = compute.watch({"detail-type": ["EC2 Spot Instance Interruption Warning"]})
    told = compute.watch({"source": ["aws.fis"], "detail": {"new-state": {"status": ["completed"]}}})
    experiment = started(faults, interruption(name))
    done = ended(compute, faults, experiment)
    assert (done["state"]["status"], done["actions"]["interrupt"]["state"]["status"]) == ("completed", "completed")
    resolved = faults.list_experiment_resolved_targets(experimentId=experiment)["resolvedTargets"]
    gone = resolved[0]["targetInformation"]["arn"].rpartition("/")[2]
    assert len(resolved) == 1
    assert {gone} == before - set(compute.in_service(name, 2))
    assert compute.bench.receive(warned)["detail"]["instance-id"] == gone
    assert compute.bench.receive(told)["detail"]["experiment-id"] == experiment


def test_a_stop_condition_and_a_user_stop_an_experiment(compute: Any) -> None:
    faults, watch, alarm = compute.cloud.client("fis"), compute.cloud.client("cloudwatch"), compute.name("alarm")
    name = compute.spot_group(1, compute.template())
    before = compute.members(name)
    watch.put_metric_alarm(
        AlarmName=alarm, Namespace="n", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    arn = watch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]["AlarmArn"]
    watch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="as a test")
    halted = ended(compute, faults, started(faults, interruption(name, alarm=arn)))
    assert halted["state"] == {"status": "stopped", "reason": "Experiment halted by stop condition."}
    watch.delete_alarms(AlarmNames=[alarm])
    running = started(faults, interruption(name, "ALL", "PT15M"))
    compute.until(lambda: faults.get_experiment(id=running)["experiment"]["state"]["status"] == "running")
    faults.stop_experiment(id=running)
    assert ended(compute, faults, running)["state"]["status"] == "stopped"
    assert compute.instance(before[0])["State"]["Name"] == "running"


def test_what_cannot_be_done_fails_with_a_reason(compute: Any) -> None:
    faults = compute.cloud.client("fis")
    nobody = ended(compute, faults, started(faults, interruption("nobody")))
    assert "Target resolution returned empty set" in nobody["state"]["reason"]
    name = compute.spot_group(1, compute.template())
    soon = ended(compute, faults, started(faults, interruption(name, duration="PT1M")))
    assert "PT2M to PT15M" in soon["state"]["reason"]
    with pytest.raises(ClientError, match="selectionMode of spot is 'SOME'"):
        faults.create_experiment_template(**interruption(name, mode="SOME"))
    with pytest.raises(ClientError, match="not found"):
        faults.start_experiment(experimentTemplateId="EXT1")


def test_the_role_of_an_experiment_is_asked_with_the_tags_of_the_instances(tmp_path: Any, until: Any) -> None:
    with LocalCloud.start(directory=tmp_path, clock_factor=300, enforce_permissions=True) as cloud:
        ec2, faults, iam = cloud.client("ec2"), cloud.client("fis"), cloud.client("iam")
        iam.create_role(RoleName="faults", AssumeRolePolicyDocument=json.dumps(TRUST))
        spot = {"MarketType": "spot"}
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "aws:autoscaling:groupName", "Value": "g"}]}]
        ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, InstanceMarketOptions=spot, TagSpecifications=tags)

        def reason_with(tag: str) -> str:
            condition = {"StringEquals": {"aws:ResourceTag/aws:autoscaling:groupName": tag}}
            statement = {"Effect": "Allow", "Action": "ec2:SendSpotInstanceInterruptions", "Resource": "*"}
            policy = {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]}
            iam.put_role_policy(RoleName="faults", PolicyName="p", PolicyDocument=json.dumps(policy))
            experiment = started(faults, interruption("g"))
            until(lambda: "endTime" in faults.get_experiment(id=experiment)["experiment"])
            return str(faults.get_experiment(id=experiment)["experiment"]["state"]["reason"])

        assert "not authorized to perform: ec2:SendSpotInstanceInterruptions" in reason_with("other")
        assert reason_with("g") == "Experiment completed."


def test_targets_are_chosen_by_mode_kind_and_filter() -> None:
    draw = random.Random(1)
    rows: list[dict[str, Any]] = [
        {
            "InstanceId": f"i-{n}",
            "InstanceLifecycle": "spot",
            "State": {"Name": "running"},
            "Placement": {"Zone": "ab"[n % 2]},
        }
        for n in range(5)
    ]
    rows.append({"InstanceId": "i-9", "State": {"Name": "running"}})
    spot = {"resourceType": "aws:ec2:spot-instance", "filters": [{"path": "Placement.Zone", "values": ["a"]}]}
    assert [row["InstanceId"] for row in candidates(spot, rows, {})] == ["i-0", "i-2", "i-4"]
    arns = {"resourceType": "aws:ec2:instance", "resourceArns": ["arn:aws:ec2:r:1:instance/i-9"]}
    assert [row["InstanceId"] for row in candidates(arns, rows, {})] == ["i-9"]
    modes = {"ALL": 6, "COUNT(2)": 2, "COUNT(9)": 6, "PERCENT(50)": 3, "PERCENT(1)": 1}
    assert {mode: len(selected(mode, rows, draw)) for mode in modes} == modes
    assert len(problems("t", {"selectionMode": "PERCENT(0)"})) == 2


def test_actions_follow_each_other() -> None:
    assert order({"b": {"startAfter": ["a"]}, "a": {}}) == ["a", "b"]
    with pytest.raises(Ended, match="wait for each other"):
        order({"a": {"startAfter": ["b"]}, "b": {"startAfter": ["a"]}})
