"""With enforced permissions a job is its role, and a state machine does what its role grants."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from refarch.local import LocalCloud


@pytest.fixture(scope="module")
def strict(batch: Any, tmp_path_factory: pytest.TempPathFactory, project: Path) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("strict")
    for name in ("tools", "data", "refarch.images.toml"):
        (folder / name).symlink_to(project / name)
    with LocalCloud.start(directory=folder, clock_factor=60, enforce_permissions=True) as cloud:
        yield type(batch)(cloud)


def role(strict: Any, service: str, *statements: dict[str, Any]) -> str:
    iam, name = strict.cloud.client("iam"), strict.name("role")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
    return str(made["Role"]["Arn"])


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(resource: str, *actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def test_a_job_may_do_what_its_role_grants_and_no_more(strict: Any) -> None:
    s3 = strict.cloud.client("s3")
    s3.create_bucket(Bucket="guarded")
    s3.put_object(Bucket="guarded", Key="in", Body=b"x")
    both = role(strict, "ecs-tasks.amazonaws.com", allow("arn:aws:s3:::guarded/*", "s3:GetObject", "s3:PutObject"))
    reads = role(strict, "ecs-tasks.amazonaws.com", allow("arn:aws:s3:::guarded/*", "s3:GetObject"))
    for arn, status in ((both, "SUCCEEDED"), (reads, "FAILED")):
        job = strict.run("copy", "guarded", "in", "out", properties={"jobRoleArn": arn})
        assert job["status"] == status, strict.log(job)
    assert "AccessDenied" in "\n".join(strict.log(job))
    assert "s3:PutObject" in "\n".join(strict.log(job))


def test_a_job_without_a_role_has_no_credentials(strict: Any) -> None:
    job = strict.run("copy", "guarded", "in", "out")
    assert "Unable to locate credentials" in "\n".join(strict.log(job))


def start(strict: Any, arn: str, queue: str, definition: str) -> str:
    states = strict.cloud.client("stepfunctions")
    arguments = {"JobName": "work", "JobQueue": queue, "JobDefinition": definition}
    task = {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": arguments, "End": True}
    machine = states.create_state_machine(
        name=strict.name("machine"), roleArn=arn, definition=json.dumps({"StartAt": "A", "States": {"A": task}})
    )["stateMachineArn"]
    return str(states.start_execution(stateMachineArn=machine)["executionArn"])


def test_a_state_machine_without_the_grant_submits_nothing(strict: Any, until: Any) -> None:
    execution = start(strict, role(strict, "states.amazonaws.com"), strict.queue(), strict.definition("true"))
    states = strict.cloud.client("stepfunctions")
    until(lambda: states.describe_execution(executionArn=execution)["status"] == "FAILED")
    found = states.describe_execution(executionArn=execution)
    assert "batch:SubmitJob" in found["cause"]


@pytest.mark.parametrize("granted", [True, False])
def test_stopping_an_execution_ends_its_job_only_with_the_grant(strict: Any, until: Any, granted: bool) -> None:
    """The trap: the role that the CDK makes for `.sync` may submit jobs but not terminate them."""
    actions = ["batch:SubmitJob", *(["batch:TerminateJob"] if granted else [])]
    arn, queue = role(strict, "states.amazonaws.com", allow("*", *actions)), strict.queue()
    execution = start(strict, arn, queue, strict.definition("sleep", "600"))
    running = until(lambda: strict.api.list_jobs(jobQueue=queue)["jobSummaryList"])[0]["jobId"]
    strict.cloud.client("stepfunctions").stop_execution(executionArn=execution)
    if granted:
        assert strict.until(running)["isTerminated"]
        return
    log = strict.cloud.folder.log_file
    until(lambda: f"job/{running} goes on" in log.read_text())
    assert strict.describe(running)["status"] == "RUNNING"
    strict.api.terminate_job(jobId=running, reason="by hand")


def test_a_child_of_a_distributed_map_acts_with_its_machines_role(strict: Any, until: Any) -> None:
    """Its execution names the machine with a label behind it."""
    states, queue, definition = strict.cloud.client("stepfunctions"), strict.queue(), strict.definition("true")
    arguments = {"JobName": "work", "JobQueue": queue, "JobDefinition": definition}
    task = {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": arguments, "End": True}
    child = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "A",
        "States": {"A": task},
    }
    text = json.dumps({"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": child, "End": True}}})
    arn = role(strict, "states.amazonaws.com", allow("*", "batch:*", "states:StartExecution"))
    machine = states.create_state_machine(name=strict.name("machine"), roleArn=arn, definition=text)["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine, input="[1, 2]")["executionArn"]
    until(lambda: states.describe_execution(executionArn=execution)["status"] != "RUNNING", 20)
    found = states.describe_execution(executionArn=execution)
    assert found["status"] == "SUCCEEDED", found
    assert [one["Status"] for one in json.loads(found["output"])] == ["SUCCEEDED", "SUCCEEDED"]


def test_who_runs_a_task_for_another_must_be_allowed_to_pass_its_role(strict: Any, until: Any) -> None:
    """A state machine's role and a rule's role hand the registered task role to ECS."""
    ecs, states, events = (strict.cloud.client(name) for name in ("ecs", "stepfunctions", "events"))
    name, passed = strict.name("task"), role(strict, "ecs-tasks.amazonaws.com")
    cluster = ecs.create_cluster(clusterName=name)["cluster"]["clusterArn"]
    containers = [{"name": "main", "image": "team/tool:1", "memory": 64, "command": ["true"]}]
    made = ecs.register_task_definition(
        family=name, taskRoleArn=passed, containerDefinitions=containers, cpu="256", memory="512",
        networkMode="awsvpc", requiresCompatibilities=["FARGATE"],
    )  # fmt: skip
    definition = made["taskDefinition"]["taskDefinitionArn"]
    arguments = {"Cluster": cluster, "TaskDefinition": definition, "LaunchType": "FARGATE"}
    task = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask", "Parameters": arguments, "End": True}
    text = json.dumps({"StartAt": "A", "States": {"A": task}})
    to_ecs = {"Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}}
    runs = allow("*", "ecs:RunTask")
    for statements, status in (([runs], "FAILED"), ([runs, allow(passed, "iam:PassRole") | to_ecs], "SUCCEEDED")):
        arn = role(strict, "states.amazonaws.com", *statements)
        machine = states.create_state_machine(name=strict.name("machine"), roleArn=arn, definition=text)
        execution = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
        until(lambda one=execution: states.describe_execution(executionArn=one)["status"] != "RUNNING", 20)
        found = states.describe_execution(executionArn=execution)
        assert (found["status"], "iam:PassRole on resource" in found.get("cause", "")) == (status, status == "FAILED")
    target = {"Id": "1", "Arn": cluster, "RoleArn": role(strict, "events.amazonaws.com", runs)}
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[target | {"EcsParameters": {"TaskDefinitionArn": definition}}])
    events.put_events(Entries=[{"Source": name, "DetailType": "d", "Detail": "{}"}])
    log = strict.cloud.folder.log_file
    until(lambda: f"of the rule {name} was not reached: User" in log.read_text())
