"""ECS tasks through boto3: what is mapped runs, and ends as ECS tells it."""

from __future__ import annotations

import json
from typing import Any

import pytest


def test_a_task_runs_with_its_overrides_and_tells_its_end(tasks: Any) -> None:
    environment = [{"name": "COLOUR", "value": "red"}, {"name": "SHAPE", "value": "round"}]
    definition = tasks.definition(tasks.container("false", environment=environment))
    script = "echo $COLOUR $SHAPE $FLAVOUR $AWS_EXECUTION_ENV; exit 4"
    override = {"name": "main", "command": ["sh", "-c", script], "environment": [{"name": "COLOUR", "value": "blue"}]}
    task = tasks.run(definition, overrides={"containerOverrides": [override]})
    ended = tasks.reach(task)
    assert ended["stopCode"] == "EssentialContainerExited"
    assert ended["stoppedReason"] == "Essential container in task exited"
    assert ended["containers"][0]["exitCode"] == 4
    assert tasks.log(task) == ["blue round local AWS_ECS_FARGATE"]


def test_an_image_that_is_not_mapped_stops_the_task_and_says_how_to_map_it(tasks: Any) -> None:
    ended = tasks.reach(tasks.run(tasks.definition(tasks.container("x", image="public.ecr.aws/nginx/nginx:1"))))
    assert ended["stopCode"] == "TaskFailedToStart"
    for text in ("CannotPullContainerError", "refarch.images.toml", 'match = "nginx/nginx"'):
        assert text in ended["stoppedReason"]


def test_an_essential_container_takes_the_others_with_it(tasks: Any) -> None:
    first = tasks.container("sh", "-c", "exit 0", name="setup", essential=False)
    after = [{"containerName": "setup", "condition": "SUCCESS"}]
    main = tasks.container("sh", "-c", "sleep 0.2; exit 3", dependsOn=after)
    aside = tasks.container("sleep", "600", name="aside", essential=False)
    ended = tasks.reach(tasks.run(tasks.definition(main, aside, first)))
    codes = {container["name"]: container["exitCode"] for container in ended["containers"]}
    assert codes == {"setup": 0, "main": 3, "aside": 143}


def test_a_container_whose_precondition_failed_is_not_started(tasks: Any) -> None:
    first = tasks.container("false", name="setup", essential=False)
    main = tasks.container("true", dependsOn=[{"containerName": "setup", "condition": "SUCCESS"}])
    ended = tasks.reach(tasks.run(tasks.definition(main, first)))
    assert ended["stopCode"] == "TaskFailedToStart"
    assert "setup ended with 1" in ended["stoppedReason"]


@pytest.mark.parametrize(("command", "codes"), [(("sleep", "600"), {143}), (("stubborn",), {137})])
def test_a_stopped_task_gets_a_signal_and_then_another(tasks: Any, command: tuple[str, ...], codes: set[int]) -> None:
    task = tasks.run(tasks.definition(tasks.container(*command, stopTimeout=20)))
    tasks.reach(task, "RUNNING")
    if command == ("stubborn",):
        tasks.until(lambda: tasks.cloud.client("logs").describe_log_groups(logGroupNamePrefix="/tasks")["logGroups"])
        tasks.until(lambda: said(tasks, task) == ["deaf"])
    tasks.api.stop_task(cluster=tasks.cluster, task=task, reason="enough")
    ended = tasks.reach(task)
    assert (ended["stopCode"], ended["stoppedReason"]) == ("UserInitiated", "enough")
    assert ended["containers"][0]["exitCode"] in codes


def said(tasks: Any, task: str) -> list[str]:
    try:
        return tasks.log(task)
    except tasks.cloud.client("logs").exceptions.ResourceNotFoundException:
        return []


def test_a_task_is_started_on_an_instance_of_ones_choice(tasks: Any) -> None:
    cluster, ec2 = tasks.name("instances"), tasks.cloud.client("ec2")
    tasks.api.create_cluster(clusterName=cluster)
    machine = ec2.run_instances(ImageId="ami-0abcdef1234567890", InstanceType="m5.large", MinCount=1, MaxCount=1)
    identity = json.dumps({"instanceId": machine["Instances"][0]["InstanceId"]})
    made = tasks.api.register_container_instance(cluster=cluster, instanceIdentityDocument=identity)
    instance = made["containerInstance"]["containerInstanceArn"]

    def start(memory: int, *chosen: str) -> dict[str, Any]:
        container = tasks.container("echo", "on an instance", memory=memory)
        definition = tasks.definition(
            container, requiresCompatibilities=["EC2"], networkMode="bridge", memory=str(memory)
        )
        answer = tasks.api.start_task(cluster=cluster, taskDefinition=definition, containerInstances=list(chosen))
        return dict(answer)

    answer = start(64, instance.rsplit("/", 1)[-1], "missing")
    assert answer["failures"] == [{"arn": "missing", "reason": "MISSING"}]
    assert [task["containerInstanceArn"] for task in answer["tasks"]] == [instance]
    task = answer["tasks"][0]["taskArn"]
    tasks.until(lambda: tasks.api.describe_tasks(cluster=cluster, tasks=[task])["tasks"][0]["lastStatus"] == "STOPPED")
    assert tasks.log(task) == ["on an instance"]
    refused = start(1_000_000, instance)
    assert refused["tasks"] == []
    assert refused["failures"] == [{"arn": instance, "reason": "RESOURCE:MEMORY"}]
    assert tasks.api.list_tasks(cluster=cluster)["taskArns"] == []
