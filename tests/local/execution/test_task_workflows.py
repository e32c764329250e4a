"""What tells of ECS tasks and starts them: events, rules and Step Functions."""

from __future__ import annotations

import json
from typing import Any

import pytest


def test_states_of_a_task_are_told(tasks: Any) -> None:
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


def test_a_rule_runs_a_task(tasks: Any) -> None:
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


def execute(tasks: Any, definition: str, **state: Any) -> str:
    states = tasks.cloud.client("stepfunctions")
    arguments = {"Cluster": tasks.arn, "TaskDefinition": definition, "LaunchType": "FARGATE"}
    task = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "Parameters": arguments, "End": True}
    text = json.dumps({"StartAt": "A", "States": {"A": task | state}})
    role = "arn:aws:iam::000000000000:role/test"
    machine = states.create_state_machine(name=tasks.name("machine"), roleArn=role, definition=text)["stateMachineArn"]
    return str(states.start_execution(stateMachineArn=machine)["executionArn"])


@pytest.mark.parametrize(("code", "status"), [("0", "SUCCEEDED"), ("5", "FAILED")])
def test_a_state_waits_for_its_task(tasks: Any, code: str, status: str) -> None:
    states = tasks.cloud.client("stepfunctions")
    execution = execute(tasks, tasks.definition(tasks.container("sh", "-c", f"exit {code}")))
    tasks.until(lambda: states.describe_execution(executionArn=execution)["status"] != "RUNNING")
    found = states.describe_execution(executionArn=execution)
    assert found["status"] == status
    if status == "FAILED":
        assert found["error"] == "States.TaskFailed"
    told = json.loads(found["output"] if status == "SUCCEEDED" else found["cause"])
    assert (told["LastStatus"], told["Containers"][0]["ExitCode"]) == ("STOPPED", int(code))


def test_a_stopped_execution_stops_its_task(tasks: Any) -> None:
    states, definition = tasks.cloud.client("stepfunctions"), tasks.definition(tasks.container("sleep", "600"))
    execution, family = execute(tasks, definition), definition.rsplit("/", 1)[-1].partition(":")[0]

    def listed(status: str) -> list[str]:
        arns = tasks.api.list_tasks(cluster=tasks.cluster, family=family, desiredStatus=status)["taskArns"]
        return [arn for arn in arns if tasks.describe(arn)["lastStatus"] == status]

    tasks.until(lambda: listed("RUNNING"))
    states.stop_execution(executionArn=execution)
    tasks.until(lambda: listed("STOPPED"))
    assert states.describe_execution(executionArn=execution)["status"] == "ABORTED"
