"""What a template makes of AWS Batch runs jobs, is changed in place, and goes without leaving anything."""

from __future__ import annotations

import json
from typing import Any

RESOURCES = {
    "Environment": {
        "Type": "AWS::Batch::ComputeEnvironment",
        "Properties": {
            "Type": "managed",
            "ComputeResources": {
                "Type": "SPOT",
                "MaxvCpus": 4,
                "MinvCpus": 0,
                "Subnets": ["subnet-0123456789abcdef0"],
                "SecurityGroupIds": ["sg-0123456789abcdef0"],
                "InstanceTypes": ["optimal"],
            },
        },
    },
    "Queue": {
        "Type": "AWS::Batch::JobQueue",
        "Properties": {
            "Priority": 5,
            "ComputeEnvironmentOrder": [{"Order": 1, "ComputeEnvironment": {"Ref": "Environment"}}],
        },
    },
    "Definition": {
        "Type": "AWS::Batch::JobDefinition",
        "Properties": {
            "Type": "container",
            "Parameters": {"who": "the template"},
            "RetryStrategy": {"Attempts": 2, "EvaluateOnExit": [{"Action": "EXIT", "OnExitCode": "3"}]},
            "ContainerProperties": {
                "Image": "team/tool:1",
                "Command": ["sh", "-c", "echo $FROM Ref::who; exit 3"],
                "Environment": [{"Name": "FROM", "Value": "hello"}],
                "ResourceRequirements": [{"Type": "VCPU", "Value": "1"}, {"Type": "MEMORY", "Value": "128"}],
            },
        },
    },
}


def test_a_stack_of_batch_runs_jobs_and_goes(batch: Any, until: Any) -> None:
    formation, name = batch.cloud.client("cloudformation"), "batch-stack"

    def template(**changes: Any) -> str:
        resources = json.loads(json.dumps(RESOURCES))
        resources["Queue"]["Properties"] |= changes
        outputs = {key: {"Value": {"Ref": key}} for key in ("Queue", "Definition")}
        return json.dumps({"Resources": resources, "Outputs": outputs})

    formation.create_stack(StackName=name, TemplateBody=template())
    formation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    made = formation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in made}
    job = batch.until(batch.submit(outputs["Definition"], outputs["Queue"]))
    assert (job["status"], len(job["attempts"]), job["container"]["exitCode"]) == ("FAILED", 1, 3)
    assert batch.log(job) == ["hello the template"]
    formation.update_stack(StackName=name, TemplateBody=template(Priority=9))
    queues = lambda: batch.api.describe_job_queues(jobQueues=[outputs["Queue"]])["jobQueues"]  # noqa: E731
    until(lambda: queues()[0]["priority"] == 9)
    formation.delete_stack(StackName=name)
    until(lambda: queues() == [])
