"""With enforced permissions, a state machine does only what its role is granted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from refarch.local.functions.workflow_calls import calls


def execution(strict: Any, until: Any, states: dict[str, Any], role_arn: str, given: Any = None) -> Any:
    client = strict.cloud.client("stepfunctions")
    definition = json.dumps({"StartAt": next(iter(states)), "States": states})
    machine = client.create_state_machine(name=strict.name("machine"), definition=definition, roleArn=role_arn)
    arn = client.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps(given or {}))
    return until(
        lambda: (found := client.describe_execution(executionArn=arn["executionArn"]))["status"] != "RUNNING" and found
    )


def test_a_task_s_function_must_be_granted_to_the_workflow(strict: Any, role: Any, function: Any, until: Any) -> None:
    _, arn = function
    states = {"Only": {"Type": "Task", "Resource": arn, "End": True}}
    failed = execution(strict, until, states, role("states"))
    assert (failed["status"], failed["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    assert f"not authorized to perform: lambda:InvokeFunction on resource: {arn}" in failed["cause"]
    granted = role("states", ("lambda:InvokeFunction", arn))
    assert execution(strict, until, states, granted)["status"] == "SUCCEEDED"
    optimized = {
        "Only": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": arn},
            "TimeoutSeconds": 30,
            "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}],
            "End": True,
        },
        "Caught": {"Type": "Succeed"},
    }
    assert execution(strict, until, optimized, granted)["status"] == "SUCCEEDED"
    caught = execution(strict, until, optimized, role("states"))
    assert json.loads(caught["output"])["Error"] == "Lambda.AWSLambdaException"


@pytest.mark.parametrize(
    ("resource", "parameters", "grant", "error"),
    [
        (
            "arn:aws:states:::dynamodb:putItem",
            {"TableName": "{table}", "Item": {"k": {"S": "1"}}},
            ("dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:000000000000:table/{table}"),
            "DynamoDB.AmazonDynamoDBException",
        ),
        (
            "arn:aws:states:::aws-sdk:dynamodb:describeTable",
            {"TableName": "{table}"},
            ("dynamodb:DescribeTable", "arn:aws:dynamodb:us-east-1:000000000000:table/{table}"),
            "DynamoDb.DynamoDbException",
        ),
        ("arn:aws:states:::aws-sdk:ec2:describeVpcs", {}, ("ec2:DescribeVpcs", "*"), "Ec2.Ec2Exception"),
        (
            "arn:aws:states:::events:putEvents",
            {"Entries": [{"Source": "s", "DetailType": "d", "Detail": {}}]},
            ("events:PutEvents", "arn:aws:events:us-east-1:000000000000:event-bus/default"),
            "EventBridge.AccessDeniedException",
        ),
    ],
)
def test_integrations_need_their_grant(
    strict: Any, role: Any, until: Any, resource: str, parameters: Any, grant: tuple[str, str], error: str
) -> None:
    table = strict.name("table")
    strict.cloud.client("dynamodb").create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    filled = json.loads(json.dumps(parameters).replace("{table}", table))
    states = {"Only": {"Type": "Task", "Resource": resource, "Parameters": filled, "End": True}}
    assert execution(strict, until, states, role("states"))["error"] == error
    granted = role("states", (grant[0], grant[1].replace("{table}", table)))
    assert execution(strict, until, states, granted)["status"] == "SUCCEEDED"


def test_a_distributed_map_needs_its_children_and_its_files(strict: Any, role: Any, until: Any) -> None:
    bucket = strict.bucket()
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Each",
        "States": {"Each": {"Type": "Pass", "End": True}},
    }
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": bucket, "Prefix": "out"}}
    states = {
        "Only": {"Type": "Map", "ItemProcessor": processor, "ItemsPath": "$.i", "ResultWriter": writer, "End": True}
    }
    start, put = ("states:StartExecution", "*"), ("s3:PutObject", f"arn:aws:s3:::{bucket}/out/*")
    given = {"i": [1]}
    denied = execution(strict, until, states, role("states", put), given)
    assert "states:StartExecution" in denied["cause"]
    assert execution(strict, until, states, role("states", start), given)["error"] == "States.ResultWriterFailed"
    assert execution(strict, until, states, role("states", start, put), given)["status"] == "SUCCEEDED"


def test_what_a_task_calls_is_told_from_its_resource() -> None:
    def of(resource: str, **given: Any) -> list[tuple[str, str | None]]:
        return [(call.action, call.resource) for call in calls(f"arn:aws:states:::{resource}", given, "r", "1")]

    assert of("sqs:sendMessage.waitForTaskToken", QueueUrl="https://sqs/1/q") == [
        ("sqs:SendMessage", "arn:aws:sqs:r:1:q")
    ]
    assert of("aws-sdk:s3:listObjectsV2", Bucket="b") == [("s3:ListBucket", "arn:aws:s3:::b")]
    assert of("aws-sdk:sfn:startExecution", StateMachineArn="m") == [
        ("states:StartExecution", "arn:aws:states:r:1:stateMachine:m")
    ]
    nested = of("states:startExecution.sync:2", StateMachineArn="arn:m")
    assert [action for action, _ in nested] == ["states:StartExecution", "states:DescribeExecution", "events:PutRule"]
    assert of("batch:submitJob.sync") == []
    assert calls("arn:aws:states:us-east-1:1:activity:a", {}, "r", "1") == []
