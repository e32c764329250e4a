"""ECS tasks through boto3: what is mapped runs, and ends as ECS tells it."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from refarch.local import clock
from refarch.local.execution.ecs_runner import Part, in_order
from refarch.local.execution.restarts import Restarts
from refarch.local.processes import is_running, start_time

SERVES = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"served")
    def log_message(self, *given): pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


class Tasks:
    """One Fargate cluster: no container instance is needed."""

    def __init__(self, cloud: Any, until: Any) -> None:
        self.cloud, self.until, self.api = cloud, until, cloud.client("ecs")
        self.cluster = self.name("cluster")
        self.arn = self.api.create_cluster(clusterName=self.cluster)["cluster"]["clusterArn"]

    def name(self, kind: str) -> str:
        return f"{kind}-{time.monotonic_ns()}"

    def container(self, *command: str, **more: Any) -> dict[str, Any]:
        options = {"awslogs-group": "/tasks", "awslogs-stream-prefix": "s", "awslogs-create-group": "true"}
        log = {"logDriver": "awslogs", "options": options | {"awslogs-region": "us-east-1"}}
        return {"name": "main", "image": "team/tool:1", "command": list(command), "logConfiguration": log} | more

    def definition(self, *containers: dict[str, Any], **more: Any) -> str:
        settings = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512"}
        made = self.api.register_task_definition(
            family=self.name("family"), containerDefinitions=list(containers), **settings | more
        )
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def run(self, definition: str, **more: Any) -> str:
        answer = self.api.run_task(cluster=self.cluster, taskDefinition=definition, launchType="FARGATE", **more)
        assert answer["failures"] == []
        return str(answer["tasks"][0]["taskArn"])

    def describe(self, task: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = self.api.describe_tasks(cluster=self.cluster, tasks=[task])["tasks"]
        return found[0]

    def reach(self, task: str, state: str = "STOPPED") -> dict[str, Any]:
        self.until(lambda: self.describe(task)["lastStatus"] == state)
        return self.describe(task)

    def log(self, task: str, container: str = "main") -> list[str]:
        stream = f"s/{container}/{task.rsplit('/', 1)[-1]}"
        events = self.cloud.client("logs").get_log_events(logGroupName="/tasks", logStreamName=stream)["events"]
        return [event["message"] for event in events]

    def service(self, definition: str, count: int, **more: Any) -> str:
        name = self.name("service")
        self.api.create_service(
            cluster=self.cluster,
            serviceName=name,
            taskDefinition=definition,
            desiredCount=count,
            launchType="FARGATE",
            **more,
        )
        return name

    def of_service(self, name: str, state: str = "RUNNING") -> list[str]:
        wanted = "STOPPED" if state == "STOPPED" else "RUNNING"
        listed = self.api.list_tasks(cluster=self.cluster, serviceName=name, desiredStatus=wanted)["taskArns"]
        return [arn for arn in listed if self.describe(arn)["lastStatus"] == state]


@pytest.fixture(scope="module")
def tasks(cloud: Any, patience: Any) -> Tasks:
    return Tasks(cloud, patience)


def test_a_task_runs_with_its_overrides_and_tells_its_end(tasks: Tasks) -> None:
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


def test_an_image_that_is_not_mapped_stops_the_task_and_says_how_to_map_it(tasks: Tasks) -> None:
    ended = tasks.reach(tasks.run(tasks.definition(tasks.container("x", image="public.ecr.aws/nginx/nginx:1"))))
    assert ended["stopCode"] == "TaskFailedToStart"
    for text in ("CannotPullContainerError", "refarch.images.toml", 'match = "nginx/nginx"'):
        assert text in ended["stoppedReason"]


def test_an_essential_container_takes_the_others_with_it(tasks: Tasks) -> None:
    first = tasks.container("sh", "-c", "exit 0", name="setup", essential=False)
    after = [{"containerName": "setup", "condition": "SUCCESS"}]
    main = tasks.container("sh", "-c", "sleep 0.2; exit 3", dependsOn=after)
    aside = tasks.container("sleep", "600", name="aside", essential=False)
    ended = tasks.reach(tasks.run(tasks.definition(main, aside, first)))
    codes = {container["name"]: container["exitCode"] for container in ended["containers"]}
    assert codes == {"setup": 0, "main": 3, "aside": 143}


def test_a_container_whose_precondition_failed_is_not_started(tasks: Tasks) -> None:
    first = tasks.container("false", name="setup", essential=False)
    main = tasks.container("true", dependsOn=[{"containerName": "setup", "condition": "SUCCESS"}])
    ended = tasks.reach(tasks.run(tasks.definition(main, first)))
    assert ended["stopCode"] == "TaskFailedToStart"
    assert "setup ended with 1" in ended["stoppedReason"]


@pytest.mark.parametrize(("command", "codes"), [(("sleep", "600"), {143}), (("stubborn",), {137})])
def test_a_stopped_task_gets_a_signal_and_then_another(tasks: Tasks, command: tuple[str, ...], codes: set[int]) -> None:
    task = tasks.run(tasks.definition(tasks.container(*command, stopTimeout=20)))
    tasks.reach(task, "RUNNING")
    if command == ("stubborn",):
        tasks.until(lambda: tasks.cloud.client("logs").describe_log_groups(logGroupNamePrefix="/tasks")["logGroups"])
        tasks.until(lambda: said(tasks, task) == ["deaf"])
    tasks.api.stop_task(cluster=tasks.cluster, task=task, reason="enough")
    ended = tasks.reach(task)
    assert (ended["stopCode"], ended["stoppedReason"]) == ("UserInitiated", "enough")
    assert ended["containers"][0]["exitCode"] in codes


def said(tasks: Tasks, task: str) -> list[str]:
    try:
        return tasks.log(task)
    except tasks.cloud.client("logs").exceptions.ResourceNotFoundException:
        return []


def pid_of(folder: Path, task: str) -> tuple[int, str] | None:
    """The process that a service's task wrote down, by the task in its metadata."""
    path = folder / task.rsplit("/", 1)[-1]
    if not path.exists() or not path.read_text().strip():
        return None
    pid = int(path.read_text())
    started = start_time(pid)
    return (pid, started) if started else None


def test_the_tasks_of_a_service_are_restarted_and_end_on_scale_in(tasks: Tasks, tmp_path: Path) -> None:
    script = (
        "import json, os, pathlib, time, urllib.request as u;"
        "told = json.load(u.urlopen(os.environ['ECS_CONTAINER_METADATA_URI_V4'] + '/task'));"
        f"pathlib.Path({str(tmp_path)!r}, told['TaskARN'].rsplit('/', 1)[-1]).write_text(str(os.getpid()));"
        "time.sleep(600)"
    )
    name = tasks.service(tasks.definition(tasks.container("python3", "-c", script)), 2)
    tasks.until(lambda: len(tasks.of_service(name)) == 2)
    first = tasks.of_service(name)
    tasks.until(lambda: all(pid_of(tmp_path, task) for task in first))
    victim = pid_of(tmp_path, first[0])
    assert victim is not None
    os.kill(victim[0], signal.SIGKILL)
    tasks.until(lambda: first[0] not in tasks.of_service(name) and len(tasks.of_service(name)) == 2)
    assert tasks.describe(first[0])["containers"][0]["exitCode"] == 137
    tasks.until(lambda: all(pid_of(tmp_path, task) for task in tasks.of_service(name)))
    living = [found for task in tasks.of_service(name) if (found := pid_of(tmp_path, task))]
    tasks.api.update_service(cluster=tasks.cluster, service=name, desiredCount=0)
    tasks.until(lambda: not any(is_running(*process) for process in living))
    tasks.until(lambda: tasks.of_service(name) == [])


def test_a_service_that_is_not_mapped_stays_a_record(tasks: Tasks) -> None:
    name = tasks.service(tasks.definition(tasks.container("x", image="example.invalid/web:1")), 1)
    tasks.until(lambda: len(tasks.of_service(name)) == 1)
    tasks.api.delete_service(cluster=tasks.cluster, service=name, force=True)


def test_a_port_that_a_program_learns_is_where_it_is_reached(tasks: Tasks, project: Path) -> None:
    own = project / ".refarch" / "images.toml"
    own.write_text('[[image]]\nmatch = "team/web"\nports = { "8080" = "PORT" }\n')
    balancing = tasks.cloud.client("elbv2")
    group = balancing.create_target_group(
        Name=tasks.name("g")[-20:].replace("_", "-"), Protocol="HTTP", Port=8080, VpcId="vpc-1", TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    web = tasks.container("python3", "-c", SERVES, image="team/web", portMappings=[{"containerPort": 8080}])
    balancers = [{"targetGroupArn": group, "containerName": "main", "containerPort": 8080}]
    name = tasks.service(tasks.definition(web), 2, loadBalancers=balancers)
    try:

        def found() -> list[dict[str, Any]]:
            told = balancing.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
            return [entry["Target"] for entry in told]

        tasks.until(lambda: len(found()) == 2)
        for target in found():
            assert target["Id"] == "127.0.0.1"
            tasks.until(lambda port=target["Port"]: served(port) == b"served")
    finally:
        tasks.api.delete_service(cluster=tasks.cluster, service=name, force=True)
        own.unlink()


def served(port: int) -> bytes:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return bytes(answer.read())
    except OSError:
        return b""


def test_a_task_is_started_on_an_instance_of_ones_choice(tasks: Tasks) -> None:
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


def test_states_of_a_task_are_told(tasks: Tasks) -> None:
    sqs, rules, name = tasks.cloud.client("sqs"), tasks.cloud.client("events"), tasks.name("states")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    definition = tasks.definition(tasks.container("true"))
    detail = {"taskDefinitionArn": [definition], "lastStatus": ["RUNNING", "STOPPED"]}
    pattern = {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"], "detail": detail}
    rules.put_rule(Name=name, EventPattern=json.dumps(pattern))
    rules.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arn}])
    tasks.run(definition)
    seen: list[str] = []

    def both() -> bool:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ()):
            seen.append(json.loads(message["Body"])["detail"]["lastStatus"])
        return len(seen) >= 2

    tasks.until(both)
    assert sorted(seen) == ["RUNNING", "STOPPED"]


def test_a_rule_runs_a_task(tasks: Tasks) -> None:
    definition, events, name = tasks.definition(tasks.container("false")), tasks.cloud.client("events"), tasks.name("r")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": ["team.tasks"]}))
    parameters = {"TaskDefinitionArn": definition, "LaunchType": "FARGATE", "TaskCount": 1}
    given = {"containerOverrides": [{"name": "main", "command": ["echo", "from a rule"]}]}
    role = "arn:aws:iam::000000000000:role/test"
    target = {"Id": "1", "Arn": tasks.arn, "RoleArn": role, "EcsParameters": parameters, "Input": json.dumps(given)}
    events.put_targets(Rule=name, Targets=[target])
    events.put_events(Entries=[{"Source": "team.tasks", "DetailType": "x", "Detail": "{}"}])

    def stopped() -> list[str]:
        by = f"events-rule/{name}"[:36]
        return list(tasks.api.list_tasks(cluster=tasks.cluster, startedBy=by, desiredStatus="STOPPED")["taskArns"])

    tasks.until(stopped)
    assert tasks.log(stopped()[0]) == ["from a rule"]


def execute(tasks: Tasks, definition: str, **state: Any) -> str:
    states = tasks.cloud.client("stepfunctions")
    arguments = {"Cluster": tasks.arn, "TaskDefinition": definition, "LaunchType": "FARGATE"}
    task = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "Parameters": arguments, "End": True}
    text = json.dumps({"StartAt": "A", "States": {"A": task | state}})
    role = "arn:aws:iam::000000000000:role/test"
    machine = states.create_state_machine(name=tasks.name("machine"), roleArn=role, definition=text)["stateMachineArn"]
    return str(states.start_execution(stateMachineArn=machine)["executionArn"])


@pytest.mark.parametrize(("code", "status"), [("0", "SUCCEEDED"), ("5", "FAILED")])
def test_a_state_waits_for_its_task(tasks: Tasks, code: str, status: str) -> None:
    states = tasks.cloud.client("stepfunctions")
    execution = execute(tasks, tasks.definition(tasks.container("sh", "-c", f"exit {code}")))
    tasks.until(lambda: states.describe_execution(executionArn=execution)["status"] != "RUNNING")
    found = states.describe_execution(executionArn=execution)
    assert found["status"] == status
    if status == "FAILED":
        assert found["error"] == "States.TaskFailed"
    told = json.loads(found["output"] if status == "SUCCEEDED" else found["cause"])
    assert (told["LastStatus"], told["Containers"][0]["ExitCode"]) == ("STOPPED", int(code))


def test_a_stopped_execution_stops_its_task(tasks: Tasks) -> None:
    states, definition = tasks.cloud.client("stepfunctions"), tasks.definition(tasks.container("sleep", "600"))
    execution, family = execute(tasks, definition), definition.rsplit("/", 1)[-1].partition(":")[0]

    def listed(status: str) -> list[str]:
        arns = tasks.api.list_tasks(cluster=tasks.cluster, family=family, desiredStatus=status)["taskArns"]
        return [arn for arn in arns if tasks.describe(arn)["lastStatus"] == status]

    tasks.until(lambda: listed("RUNNING"))
    states.stop_execution(executionArn=execution)
    tasks.until(lambda: listed("STOPPED"))
    assert states.describe_execution(executionArn=execution)["status"] == "ABORTED"


def test_containers_start_after_what_they_depend_on() -> None:
    def part(name: str, *after: str) -> Part:
        plan: Any = None
        return Part(name=name, plan=plan, sink=print, essential=True, grace=1, after=dict.fromkeys(after, "START"))

    assert [one.name for one in in_order([part("c", "a", "b"), part("b", "a"), part("a")])] == ["a", "b", "c"]
    assert {one.name for one in in_order([part("x", "y"), part("y", "x")])} == {"x", "y"}


def test_a_service_that_keeps_failing_slows_down() -> None:
    clock.configure(1)
    restarts = Restarts()
    pauses = []
    for _ in range(12):
        restarts.ended("s", 0.1, by_itself=True)
        pauses.append(restarts.pause("s"))
    assert pauses[:4] == [0.0, 5.0, 10.0, 20.0]
    assert pauses[-1] == 300.0
    assert restarts.pause("another") == 0.0
    restarts.ended("s", 0.1, by_itself=False)
    assert restarts.pause("s") == 0.0
