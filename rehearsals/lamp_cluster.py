"""Rehearsal of LampCluster: deployed on Aurora, scaled, renewed one by one, destroyed with its data kept.

The servers' set-up itself runs in `tests/web/test_lamp_cluster.py`, with a real WordPress on two hosts at once.
"""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from botocore.exceptions import ClientError

from refarch.local import LocalCloud
from refarch.local.errors import LocalCloudError
from rehearsals.account import Account, eventually
from rehearsals.stage import cdk

STACK = "LampCluster"
CLOCK_FACTOR = 60.0


def rehearse(cloud: LocalCloud, account: Account) -> None:
    """Everything that can be seen without a real database. Raises `RehearsalFailed` at the first promise not kept."""
    with account.step("cdk deploy LampCluster"):
        _deploy(cloud)
    _servers(cloud, account)
    _renewed(cloud, account)
    kept = {name: _kept(cloud, name) for name in ("efs", "rds", "secretsmanager")}
    with account.step("cdk destroy"):
        cdk(cloud, "destroy", STACK, "--force")
    for name, ids in kept.items():
        left = _kept(cloud, name)
        account.check(ids and left >= _stateful(ids), f"what {name} holds outlives the stack", (ids, left))
    account.check(not _members(cloud), "the servers are gone")
    account.verdict()


def _deploy(cloud: LocalCloud, outcome: str = "SUCCESS", **settings: object) -> None:
    """While servers start, each signals what its set-up would: nothing runs in the cloud's instances."""
    context = [f"-c={STACK}.{name}={value}" for name, value in settings.items()]
    with Signals(cloud, outcome):
        cdk(cloud, "deploy", STACK, "--exclusively", "--require-approval", "never", *context)


class Signals:
    """Signals for every new server of the group, once CloudFormation waits for it; `outcome` is the first one's."""

    def __init__(self, cloud: LocalCloud, outcome: str) -> None:
        self._cloud, self._outcome, self._end = cloud, outcome, threading.Event()
        self._told = {each["InstanceId"] for each in _members(cloud)}
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Signals:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        formation = self._cloud.client("cloudformation")
        while not self._end.wait(0.3):
            for name in [each["InstanceId"] for each in _members(self._cloud) if each["InstanceId"] not in self._told]:
                with contextlib.suppress(ClientError):  # not awaited yet: the next look tries again
                    rows = formation.get_template(StackName=STACK)["TemplateBody"]["Resources"].items()
                    [group] = [id for id, each in rows if each["Type"] == "AWS::AutoScaling::AutoScalingGroup"]
                    formation.signal_resource(
                        StackName=STACK,
                        LogicalResourceId=group,
                        UniqueId=name,
                        Status=self._outcome,
                    )
                    self._told.add(name)
                    self._outcome = "SUCCESS"  # the set-up of before, to which a deployment that fails goes back


def _servers(cloud: LocalCloud, account: Account) -> None:
    account.title("Servers")
    elb = cloud.client("elbv2")
    [group] = [each["TargetGroupArn"] for each in elb.describe_target_groups()["TargetGroups"]]

    def states() -> list[str]:
        found = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [each["TargetHealth"]["State"] for each in found]

    eventually(lambda: states() == ["healthy"] * 2, within=30, what="two servers are healthy")
    zones = {each["AvailabilityZone"] for each in _members(cloud)}
    account.check(len(zones) == 2, "two servers, in two zones, behind the load balancer", zones)
    [listener] = elb.describe_listeners(LoadBalancerArn=_balancer(elb))["Listeners"]
    refused = listener["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"]
    account.check(refused == "403", "requests without CloudFront's header are refused", listener)
    [rule] = [
        each for each in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"] if not each["IsDefault"]
    ]
    header = rule["Conditions"][0]["HttpHeaderConfig"]
    secrets = cloud.client("secretsmanager")
    names = [each["ARN"] for each in secrets.list_secrets()["SecretList"]]
    texts = [secrets.get_secret_value(SecretId=each)["SecretString"] for each in names]
    account.check(header["Values"][0] in texts, "and its value is the secret's, not the reference")


def _renewed(cloud: LocalCloud, account: Account) -> None:
    account.title("An update of the servers")
    before = {each["InstanceId"] for each in _members(cloud)}
    with account.step("cdk deploy with another title"):
        _deploy(cloud, site_title="Renewed")
    after = eventually(lambda: _all_new(cloud, before), within=60, what="every server is new")
    account.check(len(after) == 2, "every server was replaced, and there are two", after)
    with account.step("cdk deploy with a title that the set-up fails on"):
        try:
            _deploy(cloud, "FAILURE", site_title="Broken")
            failed = False
        except LocalCloudError:
            failed = True
    account.check(failed, "a deployment whose first server fails stops")
    described = cloud.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    account.check(described["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE", "and goes back", described["StackStatus"])
    serving = eventually(lambda: _in_service(cloud), within=60, what="servers serve")
    account.check(len(serving) >= 2, "there are as many servers as ever", serving)


def _in_service(cloud: LocalCloud) -> list[str]:
    return [each["InstanceId"] for each in _members(cloud) if each["LifecycleState"] == "InService"]


def _all_new(cloud: LocalCloud, before: set[str]) -> set[str]:
    found = {each["InstanceId"] for each in _members(cloud) if each["LifecycleState"] == "InService"}
    return found if len(found) == 2 and not found & before else set()


def _members(cloud: LocalCloud) -> list[dict[str, Any]]:
    groups = cloud.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return [member for group in groups for member in group["Instances"]]


def _balancer(elb: Any) -> str:
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    return str(balancer["LoadBalancerArn"])


def _kept(cloud: LocalCloud, service: str) -> set[str]:
    client = cloud.client(service)
    if service == "efs":
        return {each["FileSystemId"] for each in client.describe_file_systems()["FileSystems"]}
    if service == "rds":
        return {each["DBClusterIdentifier"] for each in client.describe_db_clusters()["DBClusters"]}
    return {each["Name"] for each in client.list_secrets()["SecretList"]}


def _stateful(ids: set[str]) -> set[str]:
    """Without what the stack makes anew: the secret between CloudFront and the load balancer."""
    return {each for each in ids if "OriginSecret" not in each}
