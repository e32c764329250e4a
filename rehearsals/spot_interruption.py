"""Rehearsal of the SpotInterruption stack: instances that a team has already, by their tags, and those that are not."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from refarch.local import LocalCloud
from rehearsals.account import Account, eventually
from rehearsals.ecs_spot_cluster import Mailbox
from rehearsals.stage import cdk

STACK = "SpotInterruption"
CLOCK_FACTOR = 10
TAG = "loadBalancerTargetGroup"
OURS = {"Key": "Team", "Value": "web"}


@dataclass(frozen=True)
class Team:
    """Two target groups behind a listener, and Spot instances in them: two of this team, one of another."""

    cloud: LocalCloud
    groups: Mapping[str, str]
    instances: Mapping[str, str]

    @classmethod
    def make(cls, cloud: LocalCloud) -> Team:
        elb = cloud.client("elbv2")
        ec2 = cloud.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.30.0.0/24")["Subnet"]["SubnetId"]
        groups = {}
        for name in ("web", "api"):
            made = elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]
            groups[name] = str(made["TargetGroupArn"])
        wanted = {
            "web-1": [OURS, {"Key": TAG, "Value": groups["web"]}],
            "web-2": [OURS, {"Key": TAG, "Value": f"{groups['web']},api"}],
            "stranger": [{"Key": TAG, "Value": groups["api"]}],
        }
        instances = {name: _launch(ec2, subnet, tags) for name, tags in wanted.items()}
        for name, members in {"web": ["web-1", "web-2"], "api": ["web-2", "stranger"]}.items():
            targets = [{"Id": instances[each], "Port": 8000} for each in members]
            elb.register_targets(TargetGroupArn=groups[name], Targets=targets)
        return cls(cloud, groups, instances)

    def members(self) -> dict[str, set[str]]:
        """By group, the names of the instances that get requests."""
        elb, names = self.cloud.client("elbv2"), {id: name for name, id in self.instances.items()}
        return {
            group: {
                names[row["Target"]["Id"]]
                for row in elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
                if row["TargetHealth"]["State"] != "draining"
            }
            for group, arn in self.groups.items()
        }

    def interrupt(self, name: str, action: str = "terminate") -> None:
        body = json.dumps({"instance-id": self.instances[name], "action": action}).encode()
        request = urllib.request.Request(f"{self.cloud.endpoint_url}/_refarch/interrupt", data=body)  # noqa: S310
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310

    def state(self, name: str) -> str:
        found = self.cloud.client("ec2").describe_instances(InstanceIds=[self.instances[name]])["Reservations"]
        return str(found[0]["Instances"][0]["State"]["Name"])


def rehearse(cloud: LocalCloud, account: Account) -> None:
    """Everything that the stack promises, observed. Raises `RehearsalFailed` at the first promise not kept."""
    account.title("Instances that are there before the stack")
    with account.step("Launch three Spot instances behind two target groups"):
        team = Team.make(cloud)
        eventually(lambda: {team.state(each) for each in team.instances} == {"running"}, within=30, what="running")
    account.title("Deploy")
    with account.step(f"cdk deploy {STACK}, for instances with the tag Team=web"):
        outputs = _deploy(cloud)
    mailbox = Mailbox(cloud, outputs["snsTopic"])
    _one(team, account, mailbox)
    _several_groups(team, account, mailbox)
    _stranger(team, account, mailbox, outputs)
    _destroyed(cloud, account, outputs)
    account.verdict()


def _deploy(cloud: LocalCloud) -> dict[str, str]:
    settings = [f"-c={STACK}.tags={OURS['Key']}={OURS['Value']}", f"-c=only={STACK}"]
    cdk(cloud, "deploy", STACK, *settings, "--exclusively", "--require-approval", "never")
    [stack] = cloud.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def _one(team: Team, account: Account, mailbox: Mailbox) -> None:
    account.title("A reclaim of one instance")
    with account.step("EC2 gives it notice"):
        team.interrupt("web-1")
        eventually(lambda: "web-1" not in team.members()["web"], within=30, what="it has left its group")
    account.check(team.state("web-1") == "running", "it was out of its target group before it ended")
    found = team.members()
    account.check(found == {"web": {"web-2"}, "api": {"web-2", "stranger"}}, "and nobody else was touched", found)
    [message] = eventually(lambda: mailbox.about(team.instances["web-1"]), within=30, what="a message")
    account.check(message["instance"] == team.instances["web-1"], "people are told which one", message)


def _several_groups(team: Team, account: Account, mailbox: Mailbox) -> None:
    account.title("An instance in two groups, one named by its ARN and one by its name")
    with account.step("EC2 gives it notice"):
        team.interrupt("web-2", "stop")
        eventually(lambda: mailbox.about(team.instances["web-2"]), within=30, what="a message")
    found = team.members()
    account.check(found == {"web": set(), "api": {"stranger"}}, "it has left both", found)
    with account.step("EC2 stops it, and it is started again"):
        eventually(lambda: team.state("web-2") == "stopped", within=60, what="it is stopped")
        team.cloud.client("ec2").start_instances(InstanceIds=[team.instances["web-2"]])
        back = {"web": {"web-2"}, "api": {"web-2", "stranger"}}
        eventually(lambda: team.members() == back, within=30, what="it is back in both groups")
    account.check(team.members() == back, "it is back in both, and only it", team.members())


def _stranger(team: Team, account: Account, mailbox: Mailbox, outputs: Mapping[str, str]) -> None:
    account.title("An instance of another team")
    with account.step("EC2 gives it notice"):
        team.interrupt("stranger")
        eventually(lambda: "not looked after" in _verdicts(team.cloud, outputs), within=30, what="a verdict")
    account.check("stranger" in team.members()["api"], "it is left in its group", team.members())
    account.check(not mailbox.about(team.instances["stranger"]), "and nobody is told")


def _verdicts(cloud: LocalCloud, outputs: Mapping[str, str]) -> set[str]:
    lines = [_json(line) for line in cloud.function_log(outputs["responder"])]
    return {str(line["verdict"]) for line in lines if line.get("message") == "interruption"}


def _destroyed(cloud: LocalCloud, account: Account, outputs: Mapping[str, str]) -> None:
    account.title("Destroy")
    with account.step(f"cdk destroy {STACK}"):
        cdk(cloud, "destroy", STACK, f"-c=only={STACK}", "--force")
    names = [each["FunctionName"] for each in cloud.client("lambda").list_functions()["Functions"]]
    account.check(outputs["responder"] not in names, "the function is gone", names)
    rules = [each["Name"] for each in cloud.client("events").list_rules()["Rules"] if each["Name"].startswith(STACK)]
    account.check(not rules, "so are its rules", rules)
    tables = cloud.client("dynamodb").list_tables()["TableNames"]
    account.check(outputs["interruptionLog"] in tables, "the interruption log is kept", tables)


def _launch(ec2: Any, subnet: str, tags: list[dict[str, str]]) -> str:
    made = ec2.run_instances(
        ImageId="ami-0123456789abcdef0",
        InstanceType="m7g.large",
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        InstanceMarketOptions={"MarketType": "spot"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    return str(made["Instances"][0]["InstanceId"])


def _json(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
