"""Instances in groups, and containers on them."""

from __future__ import annotations

from typing import Any

from tests.conformance.declared import behaviour
from tests.conformance.observing import World, until


def members(world: World, group: str, state: str = "InService") -> list[str]:
    name = world.of("Compute", group)
    told = world.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    instances = told["AutoScalingGroups"][0]["Instances"]
    return [row["InstanceId"] for row in instances if row["LifecycleState"] == state]


def in_service(world: World, group: str, number: int) -> list[str]:
    return list(until(lambda: (ids := members(world, group)) and len(ids) == number and ids, 40))


@behaviour("Auto Scaling")
def test_group_launches(world: World) -> None:
    """A group with a mixed-instances policy launches what it wants.

    Two Spot instances in two zones run with the group's tag, the launch template's role and an address.
    """
    ids = in_service(world, "Fleet", 2)
    told = world.client("ec2").describe_instances(InstanceIds=ids)["Reservations"]
    instances = [instance for row in told for instance in row["Instances"]]
    assert {one["InstanceLifecycle"] for one in instances} == {"spot"}
    assert {one["State"]["Name"] for one in instances} == {"running"}
    assert len({one["Placement"]["AvailabilityZone"] for one in instances}) == 2
    tags = [{tag["Key"]: tag["Value"] for tag in one["Tags"]} for one in instances]
    assert {tag["aws:autoscaling:groupName"] for tag in tags} == {world.of("Compute", "Fleet")}


@behaviour("Auto Scaling")
def test_group_changes_size(world: World) -> None:
    """The desired capacity goes up and down.

    A third instance comes into service, and an event tells of it; then one is terminated through its hook.
    """
    before = in_service(world, "Fleet", 2)
    scaling, name = world.client("autoscaling"), world.of("Compute", "Fleet")
    scaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=3)
    (third,) = set(in_service(world, "Fleet", 3)) - set(before)
    event = world.saw("Compute", "OnScaling", third)
    assert event["detail-type"] == "EC2 Instance Launch Successful"
    scaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=2)
    in_service(world, "Fleet", 2)


@behaviour("Auto Scaling")
def test_lifecycle_hook(world: World) -> None:
    """A hook holds an instance until a function lets it go.

    The function is told through the topic of the CDK's FunctionHook, completes the action, and the instance ends.
    """
    victim = in_service(world, "Fleet", 2)[0]
    world.client("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=victim, ShouldDecrementDesiredCapacity=False
    )
    told = world.saw("Compute", "LetGo", victim)
    assert told["LifecycleTransition"] == "autoscaling:EC2_INSTANCE_TERMINATING"
    ec2 = world.client("ec2")

    def ended() -> bool:
        rows = ec2.describe_instances(InstanceIds=[victim])["Reservations"]
        return not rows or rows[0]["Instances"][0]["State"]["Name"] == "terminated"

    until(ended, 30)
    assert victim not in in_service(world, "Fleet", 2)


@behaviour("Auto Scaling")
def test_spot_interruption(world: World) -> None:
    """A Spot instance is interrupted, and replaced.

    The warning reaches a function through EventBridge; two (simulated) minutes later another instance serves.
    """
    victim = in_service(world, "Fleet", 2)[0]
    world.control("interrupt", {"instance-id": victim})
    event = world.saw("Compute", "OnWarning", victim)
    assert event["detail"] == {"instance-id": victim, "instance-action": "terminate"}
    until(lambda: victim not in members(world, "Fleet"), 30)
    in_service(world, "Fleet", 2)


@behaviour("Auto Scaling")
def test_instance_refresh(world: World) -> None:
    """An instance refresh replaces a group's instances.

    At most half of them at once, each through its hook; the refresh is Successful, and no former instance serves.
    """
    before = in_service(world, "Fleet", 2)
    scaling, name = world.client("autoscaling"), world.of("Compute", "Fleet")
    wanted = {"MinHealthyPercentage": 50, "InstanceWarmup": 0}
    begun = scaling.start_instance_refresh(AutoScalingGroupName=name, Preferences=wanted)["InstanceRefreshId"]

    def status() -> str:
        asked = {"AutoScalingGroupName": name, "InstanceRefreshIds": [begun]}
        return str(scaling.describe_instance_refreshes(**asked)["InstanceRefreshes"][0]["Status"])

    until(lambda: status() == "Successful", 60)
    assert not set(before) & set(in_service(world, "Fleet", 2))


@behaviour("Auto Scaling")
def test_fault_injection(world: World) -> None:
    """An experiment of the Fault Injection Service reclaims one Spot instance of a group.

    The experiment is completed and names its target; that instance got the warning and ends, another one serves.
    """
    before, faults = in_service(world, "Fleet", 2), world.client("fis")
    target = {
        "resourceType": "aws:ec2:spot-instance",
        "resourceTags": {"aws:autoscaling:groupName": world.of("Compute", "Fleet")},
        "filters": [{"path": "State.Name", "values": ["running"]}],
        "selectionMode": "COUNT(1)",
    }
    action = {
        "actionId": "aws:ec2:send-spot-instance-interruptions",
        "parameters": {"durationBeforeInterruption": "PT2M"},
        "targets": {"SpotInstances": "one"},
    }
    template = faults.create_experiment_template(
        description="reclaims one",
        roleArn="arn:aws:iam::000000000000:role/faults",
        stopConditions=[{"source": "none"}],
        targets={"one": target},
        actions={"reclaim": action},
    )["experimentTemplate"]["id"]
    begun = faults.start_experiment(experimentTemplateId=template)["experiment"]["id"]
    until(lambda: faults.get_experiment(id=begun)["experiment"]["state"]["status"] == "completed", 40)
    told = faults.list_experiment_resolved_targets(experimentId=begun)["resolvedTargets"]
    (victim,) = (row["targetInformation"]["arn"].rpartition("/")[2] for row in told)
    assert victim in before
    assert world.saw("Compute", "OnWarning", victim)["detail"]["instance-action"] == "terminate"
    until(lambda: victim not in members(world, "Fleet"), 30)
    in_service(world, "Fleet", 2)
    faults.delete_experiment_template(id=template)


def tasks(world: World) -> list[dict[str, Any]]:
    ecs, cluster = world.client("ecs"), world.of("Compute", "Cluster")
    service = world.of("Compute", "Service")
    arns = ecs.list_tasks(cluster=cluster, serviceName=service, desiredStatus="RUNNING")["taskArns"]
    return list(ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]) if arns else []


@behaviour("ECS")
def test_service_places_tasks(world: World) -> None:
    """A service on instances of a capacity provider.

    Two tasks run, on instances that registered themselves with the cluster; the service is steady.
    """
    running = until(lambda: (found := tasks(world)) and len(found) == 2 and found, 40)
    assert {task["launchType"] for task in running} == {"EC2"}
    ecs, cluster = world.client("ecs"), world.of("Compute", "Cluster")
    ecs.get_waiter("services_stable").wait(
        cluster=cluster, services=[world.of("Compute", "Service")], WaiterConfig={"Delay": 1}
    )
    arns = {task["containerInstanceArn"] for task in running}
    hosts = ecs.describe_container_instances(cluster=cluster, containerInstances=list(arns))
    assert {row["ec2InstanceId"] for row in hosts["containerInstances"]} <= set(members(world, "Hosts"))


@behaviour("ECS")
def test_service_drains(world: World) -> None:
    """A container instance is drained.

    Its tasks start elsewhere and leave it; active again, it can be used.
    """
    first = until(lambda: (found := tasks(world)) and len(found) == 2 and found, 40)[0]
    ecs, cluster = world.client("ecs"), world.of("Compute", "Cluster")
    host = {"cluster": cluster, "containerInstances": [first["containerInstanceArn"]]}
    ecs.update_container_instances_state(status="DRAINING", **host)

    def moved() -> bool:
        found = tasks(world)
        return len(found) == 2 and first["containerInstanceArn"] not in {one["containerInstanceArn"] for one in found}

    until(moved, 40)
    ecs.update_container_instances_state(status="ACTIVE", **host)


@behaviour("ECS")
def test_run_task(world: World) -> None:
    """RunTask runs a program that stands in for the image.

    The task stops with exit code 0, and what the program printed is in the log group of the definition.
    """
    ecs, cluster = world.client("ecs"), world.of("Compute", "Cluster")
    network = {"awsvpcConfiguration": {"subnets": [world.of("Compute", "Subnet")]}}
    arn = ecs.run_task(
        cluster=cluster,
        taskDefinition=world.of("Compute", "Once"),
        launchType="FARGATE",
        networkConfiguration=network,
    )["tasks"][0]["taskArn"]
    ecs.get_waiter("tasks_stopped").wait(cluster=cluster, tasks=[arn], WaiterConfig={"Delay": 1})
    container = ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"][0]["containers"][0]
    assert container["exitCode"] == 0
    definition = ecs.describe_task_definition(taskDefinition=world.of("Compute", "Once"))["taskDefinition"]
    group = definition["containerDefinitions"][0]["logConfiguration"]["options"]["awslogs-group"]
    events = world.client("logs").filter_log_events(logGroupName=group)["events"]
    assert "task says fargate" in [event["message"].strip() for event in events]
