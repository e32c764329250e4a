"""The state of a weighted move in its table, and its weights in Route 53 and a listener: restarts, races, repairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from refarch_lambdas.traffic_shift.backends import Listener, NotWeightedError, Records, percentage_of
from refarch_lambdas.traffic_shift.controller import Controller
from refarch_lambdas.traffic_shift.decision import (
    ALARM,
    DONE,
    NO_DATA,
    OK,
    START,
    Plan,
)
from refarch_lambdas.traffic_shift.handler import alarm_states
from refarch_lambdas.traffic_shift.store import ConflictError, Store

PLAN = Plan(steps=(10, 50, 100), bake_seconds=600, patience_seconds=1800)
QUIET, FIRING, SILENT = {"errors": OK}, {"errors": ALARM}, {"errors": NO_DATA}


@dataclass
class Share:
    """A backend that can be cut off in the middle."""

    share: int | None = 0
    broken: bool = False
    writes: int = 0

    def read(self) -> int | None:
        return self.share

    def write(self, percentage: int) -> None:
        if self.broken:
            raise ConnectionError("cut off")
        self.share, self.writes = percentage, self.writes + 1


class Bench:
    """A controller over a real table (moto's), with a clock and an alarm to turn."""

    def __init__(self) -> None:
        self.client = boto3.client("dynamodb", region_name="us-east-1")
        self.client.create_table(
            TableName="shift",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.now, self.alarms, self.backend = 0.0, QUIET, Share()
        self.store = Store(self.client, "shift")

    def controller(self) -> Controller:
        """A new one each time, as after a restart."""
        return Controller(PLAN, self.store, self.backend, lambda: self.alarms, lambda: self.now)

    def turn(self, command: str = "", after: float = 0.0) -> Any:
        self.now += after
        return self.controller().turn(command)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield Bench()


def test_a_whole_move_survives_a_restart_before_every_turn(bench: Bench) -> None:
    bench.turn(START)
    seen = [bench.turn(after=300).weight for _ in range(8)]
    assert seen == [10, 50, 50, 100, 100, 100, 100, 100]
    assert bench.store.read().phase == DONE
    assert bench.backend.writes == 3


def test_the_same_turn_again_changes_nothing(bench: Bench) -> None:
    for _ in range(3):
        turn = bench.turn(START)
    assert (turn.changed, turn.repaired, bench.backend.writes) == (False, False, 1)


def test_a_run_that_dies_between_writing_and_shifting_is_made_good_by_the_next(bench: Bench) -> None:
    bench.backend.broken = True
    with pytest.raises(ConnectionError):
        bench.turn(START)
    assert (bench.backend.share, bench.store.read().applied) == (0, False)
    bench.backend.broken = False
    assert bench.turn(after=900).weight == bench.backend.share == 10
    assert bench.turn(after=599).weight == 10, "the bake began when the share was in place, not before"
    assert bench.turn(after=1).weight == 50


def test_a_share_that_somebody_else_changed_is_set_right(bench: Bench) -> None:
    bench.turn(START)
    bench.backend.share = 0
    assert bench.turn().repaired
    assert bench.backend.share == 10


def test_before_the_first_start_the_share_is_left_alone(bench: Bench) -> None:
    bench.backend.share = 30
    assert not bench.turn().repaired
    assert bench.backend.share == 30


def test_of_two_runs_at_once_one_is_written_and_both_end_in_its_share(bench: Bench) -> None:
    bench.turn(START)
    stale = bench.store.read()
    bench.alarms = FIRING
    bench.turn(after=600)
    with pytest.raises(ConflictError):
        bench.store.write(replace(stale, step=1))
    bench.alarms = QUIET
    assert bench.turn().weight == bench.backend.share == 0


def test_records_change_together_and_keep_everything_else(bench: Bench) -> None:
    route53 = boto3.client("route53")
    zone = route53.create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]["Id"].rpartition("/")[2]
    for identifier, weight in (("blue", 100), ("green", 0)):
        record = {"Name": "www.example.org", "Type": "CNAME", "TTL": 30, "SetIdentifier": identifier, "Weight": weight}
        record["ResourceRecords"] = [{"Value": f"{identifier}.example.org"}]
        change = {"Action": "CREATE", "ResourceRecordSet": record}
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
    records = Records(route53, zone=zone, name="WWW.example.org", record_type="CNAME", old="blue", new="green")
    assert records.read() == 0
    records.write(10)
    assert records.read() == 10
    found = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    mine = {each["SetIdentifier"]: each for each in found if each["Type"] == "CNAME"}
    assert (mine["blue"]["Weight"], mine["green"]["Weight"], mine["green"]["TTL"]) == (90, 10, 30)
    with pytest.raises(NotWeightedError, match=r"blue.*green"):
        replace(records, new="violet").read()


class Balancing:
    """The two calls of a load balancer that are used."""

    def __init__(self) -> None:
        groups = [{"TargetGroupArn": "old", "Weight": 100}, {"TargetGroupArn": "new", "Weight": 0}]
        config = {"TargetGroups": groups, "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60}}
        self.actions: list[dict[str, Any]] = [{"Type": "forward", "Order": 1, "ForwardConfig": config}]

    def describe_listeners(self, ListenerArns: list[str]) -> dict[str, Any]:
        return {"Listeners": [{"DefaultActions": self.actions}]}

    def modify_listener(self, ListenerArn: str, DefaultActions: list[dict[str, Any]]) -> None:
        self.actions = DefaultActions


def test_a_listener_keeps_its_stickiness() -> None:
    client = Balancing()
    listener = Listener(client, listener="l", old="old", new="new")
    assert listener.read() == 0
    listener.write(50)
    assert listener.read() == 50
    assert client.actions[0]["ForwardConfig"]["TargetGroupStickinessConfig"]["DurationSeconds"] == 60
    with pytest.raises(NotWeightedError):
        Listener(client, listener="l", old="a", new="b").read()


@pytest.mark.parametrize(("old", "new", "share"), [(90, 10, 10), (0, 1, 100), (255, 0, 0), (0, 0, None), (1, 2, None)])
def test_the_share_of_two_weights(old: int, new: int, share: int | None) -> None:
    assert percentage_of(old, new) == share


def test_an_alarm_that_is_not_there_has_no_data(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    boto3.client("cloudwatch").put_metric_alarm(
        AlarmName="here",
        Namespace="n",
        MetricName="m",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        Statistic="Sum",
        ComparisonOperator="GreaterThanThreshold",
    )
    boto3.client("cloudwatch").set_alarm_state(AlarmName="here", StateValue=ALARM, StateReason="test")
    assert alarm_states(["here", "gone"]) == {"here": ALARM, "gone": NO_DATA}
