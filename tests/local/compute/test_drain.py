"""The drain choreography: what a team builds around Spot Instances in ECS, played through."""

from __future__ import annotations

import json
import time
from typing import Any

TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
# Both functions of the choreography: one drains on a notice, one waits in the hook until no task is left.
CODE = """
import json, os, time
import boto3

ecs, scaling = boto3.client("ecs"), boto3.client("autoscaling")
cluster = os.environ["CLUSTER"]

def machine(instance):
    wanted = f"ec2InstanceId == '{instance}'"
    return ecs.list_container_instances(cluster=cluster, filter=wanted)["containerInstanceArns"]

def handler(event, context):
    return globals()[os.environ["ENTRY"]](event)

def on_notice(event):
    found = machine(event["detail"]["instance-id"])
    if found:
        ecs.update_container_instances_state(cluster=cluster, containerInstances=found, status="DRAINING")

def on_hook(event):
    message = json.loads(event["Records"][0]["Sns"]["Message"])
    if "LifecycleTransition" not in message:
        return
    found = machine(message["EC2InstanceId"])
    if found:
        ecs.update_container_instances_state(cluster=cluster, containerInstances=found, status="DRAINING")
        while ecs.list_tasks(cluster=cluster, containerInstance=found[0])["taskArns"]:
            time.sleep(0.1)
    names = ("AutoScalingGroupName", "LifecycleHookName", "LifecycleActionToken")
    scaling.complete_lifecycle_action(LifecycleActionResult="CONTINUE", **{name: message[name] for name in names})
"""


def drains(compute: Any, cluster: str, group: str) -> None:
    """A rule that drains on a notice, and a hook whose topic drains before the end."""
    functions = {
        entry: compute.bench.function(CODE, Environment={"Variables": {"CLUSTER": cluster, "ENTRY": entry}}, Timeout=30)
        for entry in ("on_notice", "on_hook")
    }
    place = "arn:aws:lambda:us-east-1:000000000000:function"
    rule = compute.name("rule")
    pattern = {"source": ["aws.ec2"], "detail-type": ["EC2 Spot Instance Interruption Warning"]}
    compute.events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    compute.events.put_targets(Rule=rule, Targets=[{"Id": "f", "Arn": f"{place}:{functions['on_notice']}"}])
    topic = compute.cloud.client("sns").create_topic(Name=compute.name("topic"))["TopicArn"]
    compute.cloud.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=f"{place}:{functions['on_hook']}")
    compute.scaling.put_lifecycle_hook(
        AutoScalingGroupName=group,
        LifecycleHookName="drain",
        LifecycleTransition=TERMINATING,
        HeartbeatTimeout=7200,
        DefaultResult="CONTINUE",
        NotificationTargetARN=topic,
        RoleARN="arn:aws:iam::000000000000:role/hook",
    )


def notice(compute: Any, instance: str, seconds: float) -> None:
    import urllib.request

    body = json.dumps({"instance-id": instance, "notice": seconds}).encode()
    urllib.request.urlopen(f"{compute.cloud.endpoint_url}/_refarch/interrupt", data=body).close()


def whole(compute: Any, cluster: str, group: str, number: int) -> bool:
    """Whether the group, the cluster and the service are whole again."""
    members = compute.members(group)
    rows = [row for row in compute.container_instances(cluster) if row["status"] == "ACTIVE"]
    return len(members) == number == len(rows) and {row["ec2InstanceId"] for row in rows} == set(members)


def test_a_spot_notice_drains_ends_and_replaces_the_instance(compute: Any) -> None:
    cluster, group = compute.cluster(3, spot=True)
    compute.service(cluster, 3)
    compute.running(cluster, 3)
    drains(compute, cluster, group)
    kind = {"source": ["aws.autoscaling"], "detail-type": ["EC2 Instance-terminate Lifecycle Action"]}
    seen = compute.watch(kind | {"detail": {"AutoScalingGroupName": [group]}})
    victim = compute.members(group)[0]
    [machine] = compute.container_instances(cluster, filter=f"ec2InstanceId == '{victim}'")
    notice(compute, victim, 1500)  # five seconds here: long enough to be looked at beside other tests
    # Before the end: drained by the function, and its task runs elsewhere.
    compute.until(lambda: compute.container_instances(cluster, status="DRAINING"))
    compute.until(lambda: machine["containerInstanceArn"] not in str(compute.tasks(cluster)))
    assert len(compute.running(cluster, 3)) == 3
    event = compute.bench.receive(seen)["detail"]
    assert (event["EC2InstanceId"], event["LifecycleHookName"]) == (victim, "drain")
    compute.until(lambda: whole(compute, cluster, group, 3))
    compute.until(lambda: victim not in str(compute.described(group)["Instances"]))
    assert len(compute.running(cluster, 3)) == 3


def test_two_ways_to_drain_do_not_fight(compute: Any) -> None:
    cluster, group = compute.cluster(2, spot=True)
    provider = compute.name("provider")
    arn = compute.described(group)["AutoScalingGroupARN"]
    compute.ecs.create_capacity_provider(name=provider, autoScalingGroupProvider={"autoScalingGroupArn": arn})
    compute.ecs.put_cluster_capacity_providers(
        cluster=cluster, capacityProviders=[provider], defaultCapacityProviderStrategy=[]
    )
    compute.service(cluster, 2, capacityProviderStrategy=[{"capacityProvider": provider, "weight": 1}])
    before = compute.running(cluster, 2)
    drains(compute, cluster, group)
    names = {
        hook["LifecycleHookName"]
        for hook in compute.scaling.describe_lifecycle_hooks(AutoScalingGroupName=group)["LifecycleHooks"]
    }
    assert names == {"drain", "ecs-managed-draining-termination-hook"}
    victim = compute.members(group)[0]
    began = time.monotonic()
    compute.scaling.terminate_instance_in_auto_scaling_group(InstanceId=victim, ShouldDecrementDesiredCapacity=False)
    compute.until(lambda: victim not in str(compute.described(group)["Instances"]))
    assert time.monotonic() - began < 3600 / 300  # neither waited for a heartbeat to run out
    compute.until(lambda: whole(compute, cluster, group, 2))
    compute.running(cluster, 2)
    stopped = compute.tasks(cluster, "STOPPED")
    assert len(stopped) == 1
    assert stopped[0]["taskArn"] in {task["taskArn"] for task in before}


def test_an_agent_that_is_told_so_drains_itself(compute: Any) -> None:
    cluster = compute.name("cluster")
    compute.ecs.create_cluster(clusterName=cluster)
    template = compute.template(f"ECS_CLUSTER={cluster}\nECS_ENABLE_SPOT_INSTANCE_DRAINING=true")
    group = compute.spot_group(1, template)
    compute.until(lambda: compute.container_instances(cluster))
    notice(compute, compute.members(group)[0], 600)
    compute.until(lambda: compute.container_instances(cluster, status="DRAINING"))
    compute.until(lambda: whole(compute, cluster, group, 1))
