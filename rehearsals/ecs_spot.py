"""Rehearsal of the EcsSpot stack: notices, doubled, refused and real ones, with requests all along; update and end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from refarch.local import LocalCloud
from rehearsals.account import Account, eventually
from rehearsals.ecs_spot_cluster import STACK, DeployedEcsSpot, Visitors
from rehearsals.ecs_spot_team import TeamGroups
from rehearsals.stage import cdk

CLOCK_FACTOR = 10
INSTANCES, TASKS = 3, 6
SETTINGS = {"target_capacity": INSTANCES, "desired_count": TASKS, "target_capacity_percent": 100}


def rehearse(cloud: LocalCloud, account: Account) -> None:
    """Everything that the stack promises, observed. Raises `RehearsalFailed` at the first promise not kept."""
    deployed = _deploy(cloud, account)
    _answers(deployed, account)
    _reclaim_under_traffic(deployed, account)
    first, second, *_ = sorted(deployed.instances())
    groups = TeamGroups.make(deployed, {"orders": first, "billing": second})
    _notice(deployed, account, groups, first)
    _again(deployed, account, groups, first)
    _refused_once(deployed, account, groups, second)
    groups.remove()
    deployed = _updated(deployed, account)
    _destroyed(deployed, account)
    account.verdict()


def _deploy(cloud: LocalCloud, account: Account) -> DeployedEcsSpot:
    account.title("Deploy")
    with account.step(f"cdk deploy {STACK}"):
        deployed = DeployedEcsSpot.deploy(cloud, **SETTINGS)
    with account.step("Wait for instances and service"):
        eventually(lambda: len(deployed.containers()) == INSTANCES, within=30, what="instances in the cluster")
        eventually(lambda: deployed.service()["runningCount"] == TASKS, within=30, what="tasks")
        eventually(lambda: deployed.healthy_tasks() == TASKS, within=30, what="healthy targets")
    with account.step("Wake the responder: a busy machine may take longer for its first start than the notice is"):
        deployed.emit(deployed.notice("i-00000000000000000", "first-start"))
        eventually(lambda: deployed.verdicts()["unknown instance"], within=60, what="a verdict")
    found = deployed.instances()
    account.check(len(found) == INSTANCES, f"{INSTANCES} instances are in service", list(found))
    spot = {each.get("InstanceLifecycle") for each in found.values()}
    account.check(spot == {"spot"}, "all of them are Spot instances", spot)
    types, zones = {each["InstanceType"] for each in found.values()}, {_zone(each) for each in found.values()}
    account.check(len(types) > 1 and len(zones) > 1, "they are spread over types and zones", (types, zones))
    return deployed


def _answers(deployed: DeployedEcsSpot, account: Account) -> None:
    serving = deployed.serving()
    account.check(serving == set(deployed.containers()), "each instance has tasks that say its id", serving)
    account.check(deployed.ask() in serving, "the load balancer's answer says which instance gave it")


def _notice(deployed: DeployedEcsSpot, account: Account, groups: TeamGroups, instance: str) -> None:
    account.title("A notice for one instance")
    mailbox = deployed.mailbox
    with account.step(f"Notice for {instance}, through EventBridge"):
        deployed.emit(deployed.notice(instance, "notice-1"))
        eventually(lambda: deployed.draining() == {instance}, within=30, what="the instance drains")
        eventually(lambda: mailbox.about(instance), within=30, what="a message")
    account.check(deployed.draining() == {instance}, "it is DRAINING, and no other is", deployed.containers())
    found = groups.members()
    account.check(instance not in found["orders"], "it has left the target group that its tag names", found)
    account.check(found["billing"], "the target group of another instance is untouched", found)
    [message] = mailbox.about(instance)
    account.check(message["cluster"] and message["container_instance"], "people are told cluster and instance", message)
    with account.step("Wait until its tasks run elsewhere"):
        eventually(lambda: instance not in deployed.serving(), within=60, what="no task answers from it")
        eventually(lambda: deployed.healthy_tasks() == TASKS, within=60, what="all tasks serve again")
    [item] = _closed(deployed, instance)
    account.check(item["state"] == "done", "the interruption log says that all is done", item)
    done = {name: bool(each["done"]) for name, each in item["actions"].items()}
    account.check(done == {"deregister": True, "drain": True, "notify": True}, "and what was done", item["actions"])
    owned = deployed.outputs["loadBalancerTargetGroup"]
    account.check(owned not in json.dumps(item["actions"]), "the group that ECS fills was left to ECS", item)


def _again(deployed: DeployedEcsSpot, account: Account, groups: TeamGroups, instance: str) -> None:
    account.title("The same notice again, three times at once")
    members, states = groups.members(), deployed.containers()
    before = deployed.verdicts()
    with account.step("Send it"):
        for number in range(3):
            deployed.emit(deployed.notice(instance, f"notice-1-again-{number}"))
        eventually(lambda: (deployed.verdicts() - before).total() == 3, within=30, what="three verdicts")
    fresh = deployed.verdicts() - before
    account.check(not fresh["handled"], "the responder knows it already", fresh)
    account.check(groups.members() == members, "no target group has changed", groups.members())
    account.check(deployed.containers() == states, "no container instance has changed", deployed.containers())
    account.check(len(deployed.mailbox.about(instance)) == 1, "nobody is told twice")
    account.check(len(deployed.log_items(instance)) == 1, "it is one interruption in the log")


def _refused_once(deployed: DeployedEcsSpot, account: Account, groups: TeamGroups, instance: str) -> None:
    account.title("An API that refuses once")
    with account.step(f"Notice for {instance}, while ECS refuses"):
        with _refusing(deployed, "ecs:UpdateContainerInstancesState"):
            deployed.emit(deployed.notice(instance, "notice-2"))
            failed = eventually(lambda: _failed(deployed, instance, "drain"), within=30, what="a failed attempt")
        account.check("AccessDenied" in json.dumps(failed), "the log has the reason", failed)
        account.check(instance not in groups.members()["billing"], "what ECS does not refuse was done nevertheless")
        eventually(lambda: instance in deployed.draining(), within=30, what="the instance drains")
    [item] = _closed(deployed, instance)
    account.check(item["attempts"] > 1 and item["state"] == "done", "it was tried again, and then all was done", item)
    account.check(deployed.verdicts()["failed"] >= 1, "the function has failed, which an alarm sees")
    account.check(len(deployed.mailbox.about(instance)) == 1, "nobody is told twice")


def _reclaim_under_traffic(deployed: DeployedEcsSpot, account: Account) -> None:
    account.title("A real reclaim, under traffic")
    before = set(deployed.instances())
    with Visitors(deployed) as visitors, account.step("Start the experiment, and keep asking the service"):
        interrupted = _interrupt(deployed, account)
        eventually(lambda: interrupted not in deployed.instances(), within=60, what="the instance ends")
        eventually(lambda: len(deployed.instances()) == INSTANCES, within=60, what="a replacement")
        eventually(lambda: set(deployed.containers()) == set(deployed.instances()), within=60, what="it has joined")
        eventually(lambda: deployed.service()["runningCount"] == TASKS, within=60, what="tasks")
        eventually(lambda: deployed.healthy_tasks() == TASKS, within=60, what="all tasks serve again")
    asked = visitors.answers.total() + len(visitors.failures)
    account.check(visitors.answers.total() > 20, f"{asked} requests were sent meanwhile")
    account.check(not visitors.failures, "every one of them was answered", visitors.failures[:3])
    after = set(deployed.instances())
    account.check(interrupted not in after and len(after) == INSTANCES, "the instance was replaced", (before, after))
    [item] = _closed(deployed, interrupted)
    account.check(item["state"] == "done", "the interruption log has it", item)


def _interrupt(deployed: DeployedEcsSpot, account: Account) -> str:
    """Start the stack's own experiment; the interruption log tells which instance it chose."""
    fis = deployed.cloud.client("fis")
    fis.start_experiment(experimentTemplateId=deployed.outputs["experimentTemplateId"], clientToken="rehearsal")
    found = eventually(deployed.notices_today, within=30, what="a notice in the interruption log")
    account.check(len(found) == 1, "the experiment interrupts one instance", found)
    return found[0]


def _updated(deployed: DeployedEcsSpot, account: Account) -> DeployedEcsSpot:
    account.title("Update")
    before, table = set(deployed.instances()), deployed.outputs["interruptionLog"]
    with account.step("cdk deploy with other instance types and a longer stop timeout"):
        types = "m7g.large,m8g.large,c7g.large,c8g.large,r7g.large,r8g.large"
        updated = DeployedEcsSpot.deploy(deployed.cloud, **{**SETTINGS, "instance_types": types, "stop_timeout": 35})
    kept = (updated.outputs["interruptionLog"], updated.cluster) == (table, deployed.cluster)
    account.check(kept, "cluster and interruption log are the same", updated.outputs)
    with account.step("Wait for the instance refresh"):
        eventually(lambda: not before & set(updated.instances()), within=120, what="all instances are new")
        eventually(lambda: updated.healthy_tasks() == TASKS, within=60, what="all tasks serve")
    found = {each["InstanceType"] for each in updated.instances().values()}
    account.check(found <= set(types.split(",")), "the instances are of the new types", found)
    timeouts = {_stop_timeout(updated)}
    account.check(timeouts == {35}, "the tasks have the new timeout", timeouts)
    return updated


def _destroyed(deployed: DeployedEcsSpot, account: Account) -> None:
    account.title("Destroy")
    with account.step(f"cdk destroy {STACK}"):
        cdk(deployed.cloud, "destroy", STACK, f"-c=only={STACK}", "--force")
    cloud = deployed.cloud
    living = [
        each["InstanceId"]
        for found in cloud.client("ec2").describe_instances()["Reservations"]
        for each in found["Instances"]
        if each["State"]["Name"] not in ("terminated", "shutting-down")
    ]
    account.check(not living, "no instance is left", living)
    account.check(not cloud.client("ecs").list_clusters()["clusterArns"], "no cluster is left")
    groups = cloud.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    account.check(not groups, "no Auto Scaling group is left", groups)
    account.check(not cloud.client("elbv2").describe_load_balancers()["LoadBalancers"], "no load balancer is left")
    tables = cloud.client("dynamodb").list_tables()["TableNames"]
    account.check(deployed.outputs["interruptionLog"] in tables, "the interruption log is kept", tables)


def _closed(deployed: DeployedEcsSpot, instance: str) -> list[dict[str, Any]]:
    """The notices of an instance in the log, once nothing acts on them any more."""

    def look() -> list[dict[str, Any]]:
        items = [each for each in deployed.log_items(instance) if each["signal"] == "notice"]
        return items if items and all(each["state"] == "done" for each in items) else []

    return eventually(look, within=30, what=f"a closed interruption of {instance}")


def _failed(deployed: DeployedEcsSpot, instance: str, action: str) -> Mapping[str, Any] | None:
    found = [item["actions"].get(action, {}) for item in deployed.log_items(instance)]
    return next((each for each in found if each.get("state") == "failed"), None)


@contextmanager
def _refusing(deployed: DeployedEcsSpot, action: str) -> Iterator[None]:
    """The responder's role is denied an action, as an API that fails would; then it is not any more."""
    iam = deployed.cloud.client("iam")
    role = next(
        each["RoleName"] for each in iam.list_roles()["Roles"] if each["RoleName"].startswith(f"{STACK}-ResponderRole")
    )
    denied = {"Effect": "Deny", "Action": action, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    iam.put_role_policy(RoleName=role, PolicyName="Refuse", PolicyDocument=document)
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="Refuse")


def _stop_timeout(deployed: DeployedEcsSpot) -> int:
    definition = deployed.service()["taskDefinition"]
    found = deployed.cloud.client("ecs").describe_task_definition(taskDefinition=definition)["taskDefinition"]
    return int(found["containerDefinitions"][0]["stopTimeout"])


def _zone(instance: Mapping[str, Any]) -> str:
    return str(instance["Placement"]["AvailabilityZone"])
