"""Reading a fleet from the local cloud: real groups, real instances, and a log that the responder itself wrote."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from refarch.cli import main
from refarch.local import LocalCloud, adapter
from refarch.savings import read_fleet, resources_of, savings_report
from refarch.savings.render import as_table
from refarch_lambdas.interruptions.assembly import actions_of, ledger_of
from refarch_lambdas.interruptions.events import parse_event
from refarch_lambdas.interruptions.responder import Responder
from refarch_lambdas.interruptions.settings import Settings
from tests.lambdas.interruptions import corpus
from tests.lambdas.interruptions.test_ledger import SCHEMA
from tests.lambdas.interruptions.world import REGION

if adapter.installed_version() is None:
    pytest.skip("needs the extra `local`", allow_module_level=True)

SIZE = 3


def table() -> dict[str, Any]:
    """A log's table, as CloudFormation has it."""
    return {"Type": "AWS::DynamoDB::Table", "Properties": dict(SCHEMA)}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with LocalCloud.start(directory=tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


def instances_of(cloud: LocalCloud, group: str) -> list[str]:
    for _ in range(100):
        [found] = cloud.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])[
            "AutoScalingGroups"
        ]
        if len(found["Instances"]) == SIZE:
            return [each["InstanceId"] for each in found["Instances"]]
        time.sleep(0.2)
    raise AssertionError("the group has not reached its size")


@pytest.fixture(scope="module")
def group(cloud: LocalCloud) -> str:
    """A group of three, and its log, in which one of them and a stranger were reclaimed."""
    template = {"InstanceType": "m5.large", "ImageId": "ami-12345678"}
    cloud.client("ec2").create_launch_template(LaunchTemplateName="fleet", LaunchTemplateData=template)
    cloud.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="fleet",
        MinSize=SIZE,
        MaxSize=SIZE,
        MixedInstancesPolicy={
            "LaunchTemplate": {
                "LaunchTemplateSpecification": {"LaunchTemplateName": "fleet", "Version": "$Latest"},
                "Overrides": [{"InstanceType": "m5.large"}],
            },
            "InstancesDistribution": {"OnDemandBaseCapacity": 0, "OnDemandPercentageAboveBaseCapacity": 0},
        },
        AvailabilityZones=["us-east-1a"],
    )
    cloud.client("dynamodb").create_table(TableName="log", **SCHEMA)
    [stranger] = cloud.client("ec2").run_instances(
        ImageId="ami-12345678", MinCount=1, MaxCount=1, InstanceType="m5.large"
    )["Instances"]
    for instance in (instances_of(cloud, "fleet")[0], stranger["InstanceId"]):
        reclaim(cloud, instance)
    return "fleet"


def reclaim(cloud: LocalCloud, instance: str) -> None:
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    [interruption] = parse_event({**corpus.notice(instance), "time": now})
    settings = Settings(table="log")
    parts = (actions_of(settings, cloud.client), ledger_of(settings, cloud.client))
    responder = Responder(settings, cloud.client, *parts, region=REGION, sleep=lambda _: None)
    assert responder.respond(interruption, owner="request", deadline=time.time() + 50).verdict == "handled"


def test_the_groups_instances_and_its_own_reclaims_are_counted(cloud: LocalCloud, group: str) -> None:
    now = datetime.now(UTC)
    fleet = read_fleet(cloud.client, region="us-east-1", groups=[group], logs=["log"], days=2, now=now)
    report = savings_report(fleet)
    assert {each.instance_type for each in report.pools} == {"m5.large"}
    assert report.total.spot + report.total.on_demand == SIZE
    assert report.total.interruptions == 1, "not the stranger's"
    assert report.cost.on_demand == pytest.approx(SIZE * 0.096)
    assert report.hours == 48
    assert (report.total.assumed, report.notes) == (False, ())
    [zone] = {each.zone for each in report.pools}
    rows = cloud.client("ec2").describe_spot_price_history(
        InstanceTypes=["m5.large"], ProductDescriptions=["Linux/UNIX"], StartTime=now, EndTime=now
    )["SpotPriceHistory"]
    [price] = {float(each["SpotPrice"]) for each in rows if each["AvailabilityZone"] == zone}
    assert report.cost.usd == pytest.approx(SIZE * price)


class Market:
    """The emulator's EC2 client, but for the prices, which a test sets; without rows, they are denied."""

    def __init__(self, client: Any, rows: list[dict[str, Any]] | None) -> None:
        self._client, self.rows, self.asked = client, rows, dict[str, Any]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_paginator(self, operation: str) -> Any:
        assert operation == "describe_spot_price_history"
        return self

    def paginate(self, **arguments: Any) -> Iterator[Any]:
        self.asked = arguments
        if self.rows is None:
            denied = {"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}
            raise ClientError(denied, "DescribeSpotPriceHistory")
        yield {"SpotPriceHistory": self.rows}


def test_the_latest_spot_price_of_each_pool_is_taken(cloud: LocalCloud, group: str) -> None:
    now = datetime.now(UTC)
    pool = {"InstanceType": "m5.large", "AvailabilityZone": "us-east-1a"}
    rows = [
        {**pool, "SpotPrice": price, "Timestamp": now - timedelta(hours=hours)}
        for price, hours in (("0.0400", 1), ("0.0500", 9))
    ]
    market = Market(cloud.client("ec2"), rows)
    clients = {"ec2": market, "autoscaling": cloud.client("autoscaling")}
    fleet = read_fleet(clients.__getitem__, region="us-east-1", groups=[group], logs=[], days=1, now=now)
    report = savings_report(fleet)
    assert (report.total.assumed, report.notes) == (False, ())
    assert report.cost.usd == pytest.approx(SIZE * 0.04)
    assert market.asked["ProductDescriptions"] == ["Linux/UNIX"]


def test_denied_prices_are_assumed_and_said(cloud: LocalCloud, group: str) -> None:
    clients = {"ec2": Market(cloud.client("ec2"), None), "autoscaling": cloud.client("autoscaling")}
    now = datetime.now(UTC)
    fleet = read_fleet(clients.__getitem__, region="us-east-1", groups=[group], logs=[], days=1, now=now)
    report = savings_report(fleet)
    assert report.total.assumed
    assert "EC2 told no Spot prices" in report.notes[0]
    assert "UnauthorizedOperation" in report.notes[0]
    assert report.notes[0] in as_table(report)


def test_the_command_reads_the_same(cloud: LocalCloud, group: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(main, ["spot", "savings", "--group", group, "--log", "log", "--json"])
    assert result.exit_code == 0, result.output
    total = json.loads(result.output)["total"]
    assert (total["spot"] + total["on_demand"], total["interruptions"]) == (SIZE, 1)


STACK = {
    "Resources": {
        "Template": {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {"LaunchTemplateData": {"InstanceType": "m5.large", "ImageId": "ami-12345678"}},
        },
        "Group": {
            "Type": "AWS::AutoScaling::AutoScalingGroup",
            "Properties": {
                "MinSize": "0",
                "MaxSize": "1",
                "AvailabilityZones": ["us-east-1a"],
                "LaunchTemplate": {
                    "LaunchTemplateId": {"Ref": "Template"},
                    "Version": {"Fn::GetAtt": ["Template", "LatestVersionNumber"]},
                },
            },
        },
        "ResponderInterruptionLogA1B2C3D4": table(),
        "Sessions": table(),
    }
}


def test_of_a_stack_the_groups_and_the_log_are_found_by_themselves(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    formation = cloud.client("cloudformation")
    formation.create_stack(StackName="Fleet", TemplateBody=json.dumps(STACK))
    formation.get_waiter("stack_create_complete").wait(StackName="Fleet", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    found = resources_of(cloud.client, "Fleet")
    assert (len(found.groups), len(found.logs)) == (1, 1)
    assert "InterruptionLog" in found.logs[0]
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(main, ["spot", "savings", "Fleet", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["total"]["spot"] == 0
    unknown = CliRunner().invoke(main, ["spot", "savings", "Flete"])
    assert (unknown.exit_code, "Flete" in unknown.output, "Traceback" in unknown.output) == (1, True, False)
