"""With enforced permissions, what services do on behalf of roles is judged too: a missing grant fails here."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from refarch.local import LocalCloud
from refarch.local.functions.workflow_calls import calls

ACCOUNT = "000000000000"
SAYS = "def handler(event, context): print('came'); return {'came': True}"


@pytest.fixture(scope="module")
def strict(bench: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with LocalCloud.start(directory=tmp_path_factory.mktemp("strict"), enforce_permissions=True) as cloud:
        yield type(bench)(cloud)


def role(strict: Any, service: str, *grants: tuple[str, str]) -> str:
    iam, name = strict.cloud.client("iam"), strict.name("role")
    trust = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
    if grants:
        statements = [{"Effect": "Allow", "Action": action, "Resource": on} for action, on in grants]
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*statements))
    return str(made["Role"]["Arn"])


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def function(strict: Any) -> tuple[str, str]:
    name = strict.function(SAYS, Role=role(strict, "lambda", ("logs:*", "*")))
    return name, f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"


def allow(strict: Any, name: str, service: str, source: str) -> None:
    strict.cloud.client("lambda").add_permission(
        FunctionName=name,
        StatementId=service,
        Action="lambda:InvokeFunction",
        Principal=f"{service}.amazonaws.com",
        SourceArn=source,
    )


def execution(strict: Any, until: Any, states: dict[str, Any], role_arn: str, given: Any = None) -> Any:
    client = strict.cloud.client("stepfunctions")
    definition = json.dumps({"StartAt": next(iter(states)), "States": states})
    machine = client.create_state_machine(name=strict.name("machine"), definition=definition, roleArn=role_arn)
    arn = client.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps(given or {}))
    return until(
        lambda: (found := client.describe_execution(executionArn=arn["executionArn"]))["status"] != "RUNNING" and found
    )


def test_a_task_s_function_must_be_granted_to_the_workflow(strict: Any, until: Any) -> None:
    _, arn = function(strict)
    states = {"Only": {"Type": "Task", "Resource": arn, "End": True}}
    failed = execution(strict, until, states, role(strict, "states"))
    assert (failed["status"], failed["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    assert f"not authorized to perform: lambda:InvokeFunction on resource: {arn}" in failed["cause"]
    granted = role(strict, "states", ("lambda:InvokeFunction", arn))
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
    caught = execution(strict, until, optimized, role(strict, "states"))
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
    strict: Any, until: Any, resource: str, parameters: Any, grant: tuple[str, str], error: str
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
    assert execution(strict, until, states, role(strict, "states"))["error"] == error
    granted = role(strict, "states", (grant[0], grant[1].replace("{table}", table)))
    assert execution(strict, until, states, granted)["status"] == "SUCCEEDED"


def test_a_distributed_map_needs_its_children_and_its_files(strict: Any, until: Any) -> None:
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
    denied = execution(strict, until, states, role(strict, "states", put), given)
    assert "states:StartExecution" in denied["cause"]
    assert (
        execution(strict, until, states, role(strict, "states", start), given)["error"] == "States.ResultWriterFailed"
    )
    assert execution(strict, until, states, role(strict, "states", start, put), given)["status"] == "SUCCEEDED"


def test_a_mapping_of_a_queue_that_the_role_cannot_read_is_refused(strict: Any) -> None:
    _, queue = strict.queue()
    read = [(f"sqs:{action}", queue) for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")]
    for grants in ([], read[:2], read):
        name = strict.function(SAYS, Role=role(strict, "lambda", *grants))
        functions = strict.cloud.client("lambda")
        stacks, stack = strict.cloud.client("cloudformation"), strict.name("stack")
        properties = {"FunctionName": name, "EventSourceArn": queue}
        template = {"Resources": {"M": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties}}}
        if grants is read:
            functions.create_event_source_mapping(**properties)
            stacks.create_stack(StackName=stack, TemplateBody=json.dumps(template))
            continue
        with pytest.raises(
            functions.exceptions.InvalidParameterValueException, match="does not have permissions to call"
        ):
            functions.create_event_source_mapping(**properties)
        stacks.create_stack(StackName=stack, TemplateBody=json.dumps(template))
        events = stacks.describe_stack_events(StackName=stack)["StackEvents"]
        assert any("does not have permissions" in event.get("ResourceStatusReason", "") for event in events)


def test_a_rule_reaches_only_who_lets_it(strict: Any, until: Any) -> None:
    events, rule = strict.cloud.client("events"), strict.name("rule")
    name, arn = function(strict)
    url, queue = strict.queue()
    rule_arn = events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))["RuleArn"]
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": arn}, {"Id": "2", "Arn": queue}])
    entry = {"Source": rule, "DetailType": "d", "Detail": "{}"}
    events.put_events(Entries=[entry])
    refused(strict, until, f"the policy of {arn} does not let events.amazonaws.com")
    refused(strict, until, f"the policy of {queue} does not let events.amazonaws.com")
    allow(strict, name, "events", rule_arn)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    strict.cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(statement)})
    events.put_events(Entries=[entry])
    assert strict.receive(url)["source"] == rule
    until(lambda: any("came" in line for line in strict.cloud.function_log(name)))


@pytest.mark.parametrize("service", ["events", "scheduler"])
def test_a_rule_s_and_a_schedule_s_role_must_be_granted_the_target(strict: Any, until: Any, service: str) -> None:
    flows = strict.cloud.client("stepfunctions")
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})

    def flow_behind(*granted: str) -> str:
        name, roles = strict.name("flow"), role(strict, "states")
        arn = flows.create_state_machine(name=name, definition=definition, roleArn=roles)["stateMachineArn"]
        target = {"Arn": arn, "RoleArn": role(strict, service, *((action, arn) for action in granted))}
        if service == "events":
            events = strict.cloud.client("events")
            events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
            events.put_targets(Rule=name, Targets=[{"Id": "1", **target}])
            events.put_events(Entries=[{"Source": name, "DetailType": "d", "Detail": "{}"}])
        else:
            at = time.strftime("at(%Y-%m-%dT%H:%M:%S)", time.gmtime())
            strict.cloud.client("scheduler").create_schedule(
                Name=name, ScheduleExpression=at, FlexibleTimeWindow={"Mode": "OFF"}, Target=target
            )
        return str(arn)

    denied, granted = flow_behind(), flow_behind("states:StartExecution")
    until(lambda: flows.list_executions(stateMachineArn=granted)["executions"], 20)
    refused(strict, until, f"states:StartExecution on resource: {denied}")
    assert not flows.list_executions(stateMachineArn=denied)["executions"]


def test_topics_and_buckets_invoke_only_functions_that_let_them(strict: Any, until: Any) -> None:
    name, arn = function(strict)
    topics, bucket = strict.cloud.client("sns"), strict.bucket()
    topic = topics.create_topic(Name=strict.name("topic"))["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    topics.publish(TopicArn=topic, Message="hear")
    refused(strict, until, f"the policy of {arn} does not let sns.amazonaws.com")
    notified = [{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]
    storage = strict.cloud.client("s3")
    storage.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={"LambdaFunctionConfigurations": notified},
        SkipDestinationValidation=True,
    )
    storage.put_object(Bucket=bucket, Key="k", Body=b"")
    refused(strict, until, f"the policy of {arn} does not let s3.amazonaws.com")
    allow(strict, name, "s3", f"arn:aws:s3:::{bucket}")
    storage.put_object(Bucket=bucket, Key="k", Body=b"")
    until(lambda: any("came" in line for line in strict.cloud.function_log(name)))


def refused(strict: Any, until: Any, words: str) -> None:
    until(lambda: words in strict.cloud.folder.log_file.read_text())


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
