"""With enforced permissions, what services do on behalf of roles is judged too: a missing grant fails here."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

SAYS = "def handler(event, context): return 1"


def allow(strict: Any, name: str, service: str, source: str) -> None:
    strict.cloud.client("lambda").add_permission(
        FunctionName=name,
        StatementId=service,
        Action="lambda:InvokeFunction",
        Principal=f"{service}.amazonaws.com",
        SourceArn=source,
    )


def test_a_mapping_of_a_queue_that_the_role_cannot_read_is_refused(strict: Any, role: Any) -> None:
    _, queue = strict.queue()
    read = [(f"sqs:{action}", queue) for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")]
    for grants in ([], read[:2], read):
        name = strict.function(SAYS, Role=role("lambda", *grants))
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


def test_a_rule_reaches_only_who_lets_it(strict: Any, function: Any, until: Any) -> None:
    events, rule = strict.cloud.client("events"), strict.name("rule")
    name, arn = function
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
    written = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    strict.cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": written})
    events.put_events(Entries=[entry])
    assert strict.receive(url)["source"] == rule
    until(lambda: any("came" in line for line in strict.cloud.function_log(name)))


@pytest.mark.parametrize("service", ["events", "scheduler"])
def test_a_rule_s_and_a_schedule_s_role_must_be_granted_the_target(
    strict: Any, role: Any, until: Any, service: str
) -> None:
    flows = strict.cloud.client("stepfunctions")
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})

    def flow_behind(*granted: str) -> str:
        name, roles = strict.name("flow"), role("states")
        arn = flows.create_state_machine(name=name, definition=definition, roleArn=roles)["stateMachineArn"]
        target = {"Arn": arn, "RoleArn": role(service, *((action, arn) for action in granted))}
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


def test_topics_and_buckets_invoke_only_functions_that_let_them(strict: Any, function: Any, until: Any) -> None:
    name, arn = function
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
