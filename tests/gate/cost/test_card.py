"""Cost cards against figures computed by hand from the price pages of us-east-1."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from refarch.cli.gate_cost import cost_command
from refarch.gate.cost import Usage, card, read_usage, usage_template
from refarch.gate.cost.models import OWN, is_free, simple
from refarch.gate.cost.write import OWN_QUANTITIES
from refarch.gate.schemas import schema_of
from refarch.gate.templates import Template
from refarch.prices import service_prices

HOURS = 730


def template(**resources: tuple[str, dict[str, Any]]) -> Template:
    found = {name: {"Type": f"AWS::{type_}", "Properties": each} for name, (type_, each) in resources.items()}
    return Template("t", {"Resources": found})


def sums(type_: str, properties: dict[str, Any], **quantities: float) -> tuple[float, float]:
    made = card(template(R=(type_, properties)), Usage(resources={"R": quantities}))
    assert made.left_out == ()
    return round(made.idle, 4), round(made.busy, 4)


def test_what_a_schedule_empties_is_not_in_what_stays() -> None:
    group = {"MinSize": "1", "MaxSize": "2", "LaunchTemplate": {"LaunchTemplateName": "x", "Version": "1"}}
    night = ("AutoScaling::ScheduledAction", {"AutoScalingGroupName": {"Ref": "G"}, "MinSize": 0, "MaxSize": 0})
    day = ("AutoScaling::ScheduledAction", {"AutoScalingGroupName": {"Ref": "G"}, "MinSize": 1, "MaxSize": 2})
    address: tuple[str, dict[str, Any]] = ("EC2::EIP", {})
    launched = ("EC2::LaunchTemplate", {"LaunchTemplateData": {"InstanceType": "m7g.large"}})
    parts = {"G": ("AutoScaling::AutoScalingGroup", group), "A": address, "L": launched}
    group["LaunchTemplate"] = {"LaunchTemplateId": {"Ref": "L"}, "Version": "1"}
    made = card(template(**parts, Night=night, Day=day))
    assert made.emptied == {"G"}
    assert round(made.stopped, 2) == 3.65 < made.idle
    assert "keep 1 groups empty: 3.65 USD" in made.table()
    assert made.json()["stopped_month"] == 3.65
    always = card(template(**parts, Day=day))
    assert always.emptied == frozenset()
    assert "stopped_month" not in always.json()


BALANCER = ("ElasticLoadBalancingV2::LoadBalancer", {"Scheme": "internet-facing", "Subnets": ["a", "b", "c"]})
ON_DEMAND = {"BillingMode": "PAY_PER_REQUEST"}
# type, properties, quantities, idle and busy: each product is one line of the price page.
BY_HAND: list[tuple[str, dict[str, Any], dict[str, float], float, float]] = [
    ("SQS::Queue", {}, {"requests": 10e6}, 0, 4.0),
    ("SQS::Queue", {"FifoQueue": True}, {"requests": 10e6}, 0, 5.0),
    ("CloudWatch::Alarm", {}, {}, 0.1, 0.1),
    ("CloudWatch::Alarm", {"Period": 10}, {}, 0.3, 0.3),
    ("EC2::NatGateway", {}, {"gigabytes": 1000}, 0.045 * HOURS, 0.045 * HOURS + 45),
    (*BALANCER, {"capacity_units": 2}, 0.0225 * HOURS + 3 * 0.005 * HOURS, 0.0225 * HOURS + 10.95 + 2 * 0.008 * HOURS),
    (
        "Lambda::Function",
        {"MemorySize": 1024, "Architectures": ["arm64"]},
        {"requests": 1e6, "milliseconds": 100},
        0,
        0.2 + 1.33334,
    ),
    ("DynamoDB::Table", ON_DEMAND, {"gigabytes": 4, "reads": 8e6, "writes": 1.6e6}, 0, 1 + 1 + 1),
    (
        "DynamoDB::Table",
        {"ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10}},
        {"gigabytes": 0},
        HOURS * (0.0013 + 0.0065),
        HOURS * (0.0013 + 0.0065),
    ),
    ("S3::Bucket", {}, {"gigabytes": 1000, "puts": 0, "gets": 0}, 0, 23.0),
    ("Kinesis::Stream", {"ShardCount": 4}, {"put_units": 0}, 4 * 0.015 * HOURS, 4 * 0.015 * HOURS),
    ("StepFunctions::StateMachine", {}, {"transitions": 40_000}, 0, 1.0),
    ("EC2::Instance", {"InstanceType": "m7g.large"}, {}, 0.0816 * HOURS + 0.64, 0.0816 * HOURS + 0.64),
    ("EC2::VPCEndpoint", {"VpcEndpointType": "Interface", "SubnetIds": ["a", "b"]}, {"gigabytes": 0}, 14.6, 14.6),
    ("EC2::VPCEndpoint", {"VpcEndpointType": "Gateway"}, {}, 0, 0),
    ("KMS::Key", {}, {"requests": 0}, 1, 1),
    ("WAFv2::WebACL", {"Rules": [{"Name": "a"}, {"Name": "b"}]}, {"requests": 0}, 7, 7),
    ("EFS::FileSystem", {}, {"gigabytes": 10, "gigabytes_read": 0, "gigabytes_written": 0}, 0, 3.0),
    ("RDS::DBInstance", {"DBInstanceClass": "db.t4g.micro", "AllocatedStorage": "20"}, {}, 11.68 + 2.3, 11.68 + 2.3),
    (
        "RDS::DBInstance",
        {"DBInstanceClass": "db.r7g.2xlarge", "AllocatedStorage": 100, "MultiAZ": True},
        {},
        2 * (4 * 0.239 * HOURS + 11.5),
        2 * (4 * 0.239 * HOURS + 11.5),
    ),
]


@pytest.mark.parametrize("case", BY_HAND, ids=[f"{each[0]}-{index}" for index, each in enumerate(BY_HAND)])
def test_by_hand(case: tuple[str, dict[str, Any], dict[str, float], float, float]) -> None:
    type_, properties, quantities, idle, busy = case
    assert sums(type_, properties, **quantities) == pytest.approx((idle, busy), abs=0.001)


def group(**properties: Any) -> tuple[str, dict[str, Any]]:
    return "AutoScaling::AutoScalingGroup", {"MinSize": "1", "MaxSize": "3", **properties}


def test_a_group_costs_from_its_least_size_to_its_most() -> None:
    launch = {"LaunchTemplateData": {"InstanceType": "c7g.large"}}
    made = card(template(G=group(LaunchTemplate={"LaunchTemplateId": {"Ref": "L"}}), L=("EC2::LaunchTemplate", launch)))
    one = 0.0725 * HOURS + 8 * 0.08
    assert (made.idle, made.busy) == pytest.approx((one, 3 * one), abs=0.001)


def test_spot_is_an_assumption_that_is_said_and_a_base_is_paid_whole() -> None:
    distribution = {"OnDemandPercentageAboveBaseCapacity": 0, "OnDemandBaseCapacity": 1}
    overrides = {"Overrides": [{"InstanceType": "c7g.large"}]}
    policy = {"InstancesDistribution": distribution, "LaunchTemplate": overrides}
    made = card(template(G=group(MixedInstancesPolicy=policy)))
    line = next(each for each in made.lines if each.item == "instances")
    found = re.search(r"Spot assumed (\d+)% below On-Demand", line.note)
    assert found
    one = 0.0725 * HOURS
    assert line.idle == pytest.approx(one, abs=0.001)
    assert line.busy == pytest.approx(one + 2 * one * (1 - int(found[1]) / 100), abs=1.0)


def test_fargate_costs_by_task_and_an_instance_service_nothing() -> None:
    task = ("ECS::TaskDefinition", {"Cpu": "1024", "Memory": "2048", "RuntimePlatform": {"CpuArchitecture": "ARM64"}})
    target = (
        "ApplicationAutoScaling::ScalableTarget",
        {"ResourceId": {"Ref": "S"}, "MinCapacity": 0, "MaxCapacity": 4},
    )
    service = {"LaunchType": "FARGATE", "DesiredCount": 2, "TaskDefinition": {"Ref": "D"}}
    made = card(template(S=("ECS::Service", service), D=task, T=target))
    one = (0.03238 + 2 * 0.00356) * HOURS
    assert (made.idle, made.busy) == pytest.approx((0, 4 * one), abs=0.001)
    assert card(template(S=("ECS::Service", service | {"LaunchType": "EC2"}), D=task)).lines == ()


def test_what_has_no_price_is_named_and_never_nothing() -> None:
    made = card(
        template(
            A=("New::Thing", {}),
            B=("EC2::Instance", {"InstanceType": "z99.huge"}),
            C=("EC2::Instance", {"InstanceType": {"Ref": "Type"}}),
            D=("RDS::DBInstance", {"DBInstanceClass": "db.x2.large"}),
            E=("IAM::Role", {}),
        )
    )
    assert {(each.type, each.why) for each in made.left_out} == {
        ("AWS::New::Thing", "no cost model for this type"),
        ("AWS::EC2::Instance", "no price for instance type z99.huge"),
        ("AWS::EC2::Instance", "no price for instance type that is decided at deployment"),
        ("AWS::RDS::DBInstance", "no price for db.x2.large"),
    }
    assert (made.free, made.lines) == (1, ())
    assert "Left out: 1 × AWS::New::Thing" in made.table()


def test_prices_of_another_region_are_not_passed_off_as_its_own() -> None:
    made = card(template(Q=("SQS::Queue", {}), N=("EC2::NatGateway", {})), region="eu-west-1")
    assert made.region == "eu-west-1"
    assert made.notes == ("Prices of us-east-1, because those of eu-west-1 are not known: nat_gateway",)


def test_a_price_without_a_source_is_marked() -> None:
    made = card(template(S=("SecretsManager::Secret", {})))
    assert "~0.40" in made.table()
    assert "found in no dated source" in made.table()


def test_the_usage_file_that_is_written_changes_nothing_until_it_is_edited() -> None:
    made = template(F=("Lambda::Function", {}), Q=("SQS::Queue", {}), S=("ECS::Service", {"LaunchType": "EC2"}))
    text = usage_template(made)
    assert card(made, read_usage(text)) == card(made)
    edited = read_usage(text.replace("requests = 1_000_000", "requests = 2_000_000"))
    assert card(made, edited).busy == pytest.approx(2 * card(made).busy)


def test_a_bad_usage_file_is_refused_with_all_its_problems() -> None:
    text = 'region = 5\nregions = "x"\n[types.A]\nrequests = -1\nhits = "many"\n[resources]\nF = 3\n'
    with pytest.raises(ValueError) as refused:
        read_usage(text)
    for part in (
        "regions is unknown",
        "region is 5",
        "types.A.requests is -1",
        "types.A.hits is 'many'",
        "resources.F is 3",
    ):
        assert part in str(refused.value)
    with pytest.raises(ValueError, match="no TOML"):
        read_usage("[[[")
    with pytest.raises(ValueError, match="Nope: no such resource in t"):
        card(template(Q=("SQS::Queue", {})), Usage(resources={"Nope": {"requests": 1}}))


def test_each_priced_type_exists_and_each_price_too() -> None:
    assert [each for each in (*simple(), *OWN) if schema_of(each) is None] == []
    assert [each for each in (*simple(), *OWN) if is_free(each)] == []
    assert OWN_QUANTITIES.keys() <= OWN.keys()
    named = {row[1] for each in simple().values() for row in each.get("fixed", ())}
    named |= {row[2] for each in simple().values() for row in each.get("use", ())}
    assert named <= service_prices().keys()


def test_the_command(tmp_path: Path) -> None:
    path, usage = tmp_path / "t.json", tmp_path / "usage.toml"
    path.write_text(json.dumps(template(Q=("SQS::Queue", {})).content))
    run = CliRunner().invoke
    assert "0.00 USD a month idle, 0.40 busy (us-east-1" in run(cost_command, [str(path)]).output
    assert run(cost_command, [str(path), "--write-usage", str(usage)]).exit_code == 0
    usage.write_text(usage.read_text().replace("1_000_000", "5_000_000"))
    document = json.loads(run(cost_command, [str(path), "--usage", str(usage), "--format", "json"]).stdout)
    assert (document["idle_month"], document["busy_month"]) == (0, 2.0)
    assert "| Q | requests |" in run(cost_command, [str(path), "--format", "markdown"]).output
    again = run(cost_command, [str(path), "--write-usage", str(usage)])
    assert (again.exit_code, "not written over" in again.output) == (2, True)
    assert run(cost_command, [str(tmp_path / "no.json")]).exit_code == 2


def test_one_usage_file_serves_a_folder(tmp_path: Path) -> None:
    for name in ("A", "B"):
        content = template(**{f"Queue{name}": ("SQS::Queue", {})}).content
        (tmp_path / f"{name}.template.json").write_text(json.dumps(content))
    usage = tmp_path / "usage.toml"
    usage.write_text("[resources.QueueB]\nrequests = 5_000_000\n")
    result = CliRunner().invoke(cost_command, [str(tmp_path), "--usage", str(usage), "--format", "json"])
    assert [each["busy_month"] for each in json.loads(result.stdout)] == [0.4, 2.0]
    usage.write_text("[resources.QueueC]\nrequests = 5_000_000\n")
    refused = CliRunner().invoke(cost_command, [str(tmp_path), "--usage", str(usage)])
    assert (refused.exit_code, "QueueC: no such resource" in refused.stderr) == (2, True)
