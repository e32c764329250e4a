"""The work that the benchmark of the local cloud gives to each emulator, through boto3 alone."""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import Any, Final

from benchmarks.emulators import Emulator

COPIES: Final = 10
STACK: Final = "Measured"
ROLE: Final = "arn:aws:iam::000000000000:role/bench"
CODE: Final = 'import json\ndef handler(event, context):\n    print("SEEN " + event["detail"]["id"])\n'
PATIENCE: Final = 120.0  # seconds


def template() -> dict[str, Any]:
    """Seven kinds of resources, ten of each."""
    resources: dict[str, Any] = {}
    for number in range(COPIES):
        resources |= {f"{name}{number}": resource for name, resource in _kinds(number).items()}
    return {"Resources": resources}


def _kinds(number: int) -> dict[str, Any]:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        ],
    }
    key = {"AttributeName": "id", "AttributeType": "S"}
    table = {
        "AttributeDefinitions": [key],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    name = {"Fn::Sub": f"/${{AWS::StackName}}/{number}"}  # moto cannot make up one
    queue = {"Fn::GetAtt": [f"Queue{number}", "Arn"]}
    rule = {"EventPattern": {"source": [f"bench.{number}"]}, "Targets": [{"Id": "queue", "Arn": queue}]}
    return {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 30}},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "bench"}},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": table},
        "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x", "Name": name}},
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
        "Rule": {"Type": "AWS::Events::Rule", "Properties": rule},
    }


KINDS: Final = len(_kinds(0))


def deploy(emulator: Emulator) -> float:
    """Seconds for a stack of them from the first call to CREATE_COMPLETE."""
    cloudformation = emulator.client("cloudformation")
    began = time.perf_counter()
    cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(template()), Capabilities=["CAPABILITY_IAM"])
    while True:
        state = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        if not state.endswith("IN_PROGRESS"):
            break
        time.sleep(0.01)
    if state != "CREATE_COMPLETE":
        raise RuntimeError(f"{emulator.name}: the stack is {state}")
    return time.perf_counter() - began


def events(emulator: Emulator, number: int) -> dict[str, float]:
    """The first event's way through a rule to a function that never ran, and how many a second come when it has."""
    name = _function(emulator)
    first = _seconds_until_seen(emulator, name, 1, start=0)
    _seconds_until_seen(emulator, name, 10, start=1)
    return {"first_event": first, "events_per_second": number / _seconds_until_seen(emulator, name, number, start=11)}


def _function(emulator: Emulator) -> str:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("index.py", CODE)
    functions, rules = emulator.client("lambda"), emulator.client("events")
    made = functions.create_function(
        FunctionName="bench",
        Handler="index.handler",
        Runtime="python3.13",
        Role=ROLE,
        Code={"ZipFile": archive.getvalue()},
        Timeout=30,
    )
    arn = rules.put_rule(Name="bench", EventPattern='{"source": ["bench"]}')["RuleArn"]
    functions.add_permission(
        FunctionName="bench",
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=arn,
    )
    rules.put_targets(Rule="bench", Targets=[{"Id": "function", "Arn": made["FunctionArn"]}])
    return "bench"


def _seconds_until_seen(emulator: Emulator, name: str, number: int, *, start: int) -> float:
    """Put so many events, ten at a time, and look into the function's log until all were handled."""
    bus = emulator.client("events")
    began = time.perf_counter()
    for first in range(start, start + number, 10):
        last = min(first + 10, start + number)
        entries = [
            {"Source": "bench", "DetailType": "bench", "Detail": json.dumps({"id": f"event-{one}."})}
            for one in range(first, last)
        ]
        bus.put_events(Entries=entries)
    while _handled(emulator, name) < start + number:
        if time.perf_counter() - began > PATIENCE:
            raise RuntimeError(f"{emulator.name}: {_handled(emulator, name)} of {start + number} events arrived")
        time.sleep(0.02)
    return time.perf_counter() - began


def _handled(emulator: Emulator, name: str) -> int:
    logs = emulator.client("logs")
    try:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}")
        lines = "".join(event["message"] for page in pages for event in page["events"])
    except logs.exceptions.ResourceNotFoundException:
        return 0
    return len({word for word in lines.split() if word.startswith("event-")})


def job_seconds(emulator: Emulator) -> float:
    """A Batch job whose command does nothing, from its submission until it has succeeded."""
    batch = emulator.client("batch")
    place = batch.create_compute_environment(
        computeEnvironmentName="bench",
        type="MANAGED",
        computeResources={"type": "FARGATE", "maxvCpus": 4, "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]},
    )["computeEnvironmentArn"]
    order = [{"order": 1, "computeEnvironment": place}]
    batch.create_job_queue(jobQueueName="bench", priority=1, computeEnvironmentOrder=order)
    container = {
        "image": "bench/nothing",
        "command": ["true"],
        "executionRoleArn": ROLE,
        "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}],
    }
    batch.register_job_definition(
        jobDefinitionName="bench",
        type="container",
        containerProperties=container,
        platformCapabilities=["FARGATE"],
    )
    began = time.perf_counter()
    job = batch.submit_job(jobName="bench", jobQueue="bench", jobDefinition="bench")["jobId"]
    while (told := batch.describe_jobs(jobs=[job])["jobs"][0])["status"] not in ("SUCCEEDED", "FAILED"):
        time.sleep(0.01)
    if told["status"] == "FAILED":
        raise RuntimeError(f"{emulator.name}: {told.get('statusReason')}")
    return time.perf_counter() - began
