"""Rehearsal of GravitonMigration: from 10 % to all, back when an alarm fires, on through a crash."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from refarch.local import LocalCloud
from rehearsals import resolvers
from rehearsals.account import Account, eventually
from rehearsals.stage import cdk

STACK = "GravitonMigration"
CLOCK_FACTOR = 30.0
"""Instances come quickly. The schedule's minute stays one: the rehearsal makes the turns itself."""
BAKE_SECONDS = 4
RESOLVERS = 10_000
NAME = "www.example.org"
SETTINGS = {"bake_seconds": BAKE_SECONDS, "count": 1, "patience_seconds": 600}


@dataclass
class Deployed:
    """The deployed stack, as its operator sees it."""

    cloud: LocalCloud
    zone: str = ""

    def __post_init__(self) -> None:
        described = self.cloud.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}
        rows = self.cloud.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
        self.ids = {row["LogicalResourceId"]: row["PhysicalResourceId"] for row in rows}

    def id_of(self, start: str) -> str:
        """The one physical id whose logical id begins so, and then has the eight characters of the CDK."""
        [found] = [value for name, value in self.ids.items() if name.startswith(start) and len(name) == len(start) + 8]
        return str(found)

    def tell(self, command: str = "") -> dict[str, Any]:
        """One turn; with a command where one is given. Raises what the function raised."""
        answer = self.cloud.client("lambda").invoke(
            FunctionName=self.outputs["ShiftFunction"], Payload=json.dumps({"command": command} if command else {})
        )
        document: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise RuntimeError(document)
        return document

    def alarm(self, name: str, state: str) -> None:
        """Set the alarm's state, until CloudWatch looks at its metric again: that may be at once."""
        self.cloud.client("cloudwatch").set_alarm_state(
            AlarmName=self.id_of(name), StateValue=state, StateReason="rehearsal"
        )

    def tell_in_alarm(self, command: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """A turn that found the alarm firing. One that came too late found it quiet, and is made again."""

        def turn() -> dict[str, Any] | None:
            self.alarm("NewSideErrors", "ALARM")
            said = self.tell(command)
            if command and said["phase"] == "shifting":
                self.tell("abort")
            return said if holds(said) else None

        return cast("dict[str, Any]", eventually(turn, within=30, what="a turn finds the alarm firing", every=0.2))

    def weights(self) -> dict[str, int]:
        """Blue's and green's, as the listener or the zone has them."""
        if self.zone:
            return resolvers.weights(self.cloud.client("route53"), self.zone, NAME)
        names = {self.id_of(f"{side}Targets"): side.lower() for side in ("Blue", "Green")}
        listener = self.cloud.client("elbv2").describe_listeners(ListenerArns=[self.id_of("LoadBalancerListener")])
        [action] = listener["Listeners"][0]["DefaultActions"]
        return {names[each["TargetGroupArn"]]: each["Weight"] for each in action["ForwardConfig"]["TargetGroups"]}


def rehearse(cloud: LocalCloud, account: Account) -> None:
    """Everything that the stack promises, observed. Raises `RehearsalFailed` at the first promise not kept."""
    with account.step("cdk deploy GravitonMigration: one load balancer"):
        deploy(cloud)
    deployed = Deployed(cloud)
    _before(deployed, account)
    _refused(deployed, account)
    _back(deployed, account)
    _all_the_way(deployed, account)
    _aborted(deployed, account)
    with account.step("cdk destroy"):
        cdk(cloud, "destroy", STACK, "--force")
    account.check(_tables(cloud), "the state of the move is kept when the stack goes")
    account.verdict()


def rehearse_records(cloud: LocalCloud, account: Account) -> None:
    """The same by weighted records of a zone that exists, with resolvers that ask."""
    made = cloud.client("route53").create_hosted_zone(Name="example.org", CallerReference="rehearsal")
    zone = made["HostedZone"]["Id"].rpartition("/")[2]
    with account.step("cdk deploy GravitonMigration: two load balancers, one name"):
        deploy(cloud, hosted_zone_id=zone, record_name=NAME)
    deployed = Deployed(cloud, zone)
    _before(deployed, account)
    deployed.tell("start")
    _sampled(deployed, account, 10)
    _reach(deployed, account, 50)
    _sampled(deployed, account, 50)
    deployed.tell_in_alarm("", lambda said: bool(said["phase"] == "rolled_back"))
    account.check(
        deployed.weights() == {"blue": 100, "green": 0}, "an alarm takes the records back", deployed.weights()
    )
    _sampled(deployed, account, 0)
    account.verdict()


def deploy(cloud: LocalCloud, **settings: object) -> None:
    context = [f"-c={STACK}.{name}={value}" for name, value in {**SETTINGS, **settings}.items()]
    cdk(cloud, "deploy", STACK, "--exclusively", "--require-approval", "never", *context)


def _before(deployed: Deployed, account: Account) -> None:
    account.title("Before the start")
    account.check(deployed.weights() == {"blue": 100, "green": 0}, "all traffic is blue's", deployed.weights())
    said = deployed.tell("status")
    account.check(said["phase"] == "idle" and said["weight"] == 0, "and the move has not begun", said)
    _scheduled(deployed, account)
    deployed.alarm("NewSideDown", "OK")
    deployed.alarm("NewSideErrors", "OK")


def _scheduled(deployed: Deployed, account: Account) -> None:
    events, name = deployed.cloud.client("events"), deployed.id_of("ShiftEveryMinute")
    rule = events.describe_rule(Name=name)
    [target] = events.list_targets_by_rule(Rule=name)["Targets"]
    holds = rule["State"] == "ENABLED" and rule["ScheduleExpression"] == "rate(1 minute)"
    mine = target["Arn"].endswith(f":{deployed.outputs['ShiftFunction']}")
    account.check(holds and mine, "a turn of the move is scheduled each minute", rule)


def _refused(deployed: Deployed, account: Account) -> None:
    account.title("A start while an alarm fires")
    said = deployed.tell_in_alarm("start", lambda said: "not started, in ALARM" in said["reason"])
    account.check("NewSideErrors" in said["reason"], "is refused, with the alarm's name", said)
    account.check(deployed.weights()["green"] == 0, "and nothing moves")
    deployed.alarm("NewSideErrors", "OK")


def _back(deployed: Deployed, account: Account) -> None:
    account.title("An alarm in the bake")
    said = deployed.tell("start")
    account.check(said["weight"] == 10, "the move begins with a tenth", said)
    account.check(deployed.weights() == {"blue": 90, "green": 10}, "by the listener's weights", deployed.weights())
    _reach(deployed, account, 50)
    said = deployed.tell_in_alarm("", lambda said: bool(said["phase"] == "rolled_back"))
    account.check(said["phase"] == "rolled_back", "an alarm ends the move", said)
    account.check(deployed.weights() == {"blue": 100, "green": 0}, "and everything is blue's again", deployed.weights())
    deployed.alarm("NewSideErrors", "OK")
    time.sleep(BAKE_SECONDS + 1)
    said = deployed.tell()
    account.check(
        said["phase"] == "rolled_back" and said["weight"] == 0, "for good: the end of the alarm starts nothing"
    )


def _all_the_way(deployed: Deployed, account: Account) -> None:
    account.title("All the way, through a crash and a deployment that sets the weights back")
    deployed.tell("start")
    deployed.cloud.kill_function_workers(deployed.outputs["ShiftFunction"])
    time.sleep(1)
    again = deployed.tell("start")
    account.check(again["weight"] in (10, 50), "a new worker knows where the move is; a second start starts nothing")
    _set_by_hand(deployed, 100, 0)
    said = deployed.tell()
    seen = deployed.weights()["green"]
    account.check(seen == said["weight"] > 0, "weights that somebody set back are set right", seen)
    _reach(deployed, account, 100)
    eventually(lambda: deployed.tell()["phase"] == "done", within=30, what="the last bake ends", every=0.5)
    account.check(deployed.weights() == {"blue": 0, "green": 100}, "and keeps it when the last bake was quiet")


def _aborted(deployed: Deployed, account: Account) -> None:
    account.title("Taken back by hand")
    said = deployed.tell("abort")
    account.check(said["phase"] == "rolled_back", "an abort also works after the end", said)
    account.check(deployed.weights() == {"blue": 100, "green": 0}, "and everything is blue's again")


def _reach(deployed: Deployed, account: Account, share: int) -> None:
    """Turn by turn, as the schedule does it once a minute."""
    eventually(lambda: deployed.tell()["weight"] == share, within=40, what=f"{share} % are reached", every=0.5)
    account.check(deployed.weights()["green"] == share, f"after a quiet bake the new side gets {share} %")


def _sampled(deployed: Deployed, account: Account, share: int) -> None:
    told = resolvers.answers(deployed.weights(), RESOLVERS, seed=share)
    holds = resolvers.within_chance(told["green"], RESOLVERS, share / 100)
    account.check(holds, f"of {RESOLVERS:,} resolvers {told['green']:,} are told green at {share} %", told)


def _set_by_hand(deployed: Deployed, blue: int, green: int) -> None:
    groups = [
        {"TargetGroupArn": deployed.id_of("BlueTargets"), "Weight": blue},
        {"TargetGroupArn": deployed.id_of("GreenTargets"), "Weight": green},
    ]
    deployed.cloud.client("elbv2").modify_listener(
        ListenerArn=deployed.id_of("LoadBalancerListener"),
        DefaultActions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
    )


def _tables(cloud: LocalCloud) -> list[str]:
    names: list[str] = cloud.client("dynamodb").list_tables()["TableNames"]
    return [name for name in names if name.startswith(STACK)]
