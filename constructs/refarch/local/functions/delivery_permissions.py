"""Who may be reached by events: the policies of functions, queues and topics, and the roles of rules, schedules, pipes.

A delivery that is not granted does not happen, and is said in the server's log; its dead-letter queue gets it. A
mapping of a source that the function's role cannot read is refused when it is made, in AWS's words.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from refarch.local import adapter
from refarch.local.functions import grants

logger = logging.getLogger("refarch.local")
# What a rule's or schedule's role must be granted on the target, by the target's service.
TARGET_ACTIONS = {
    "states": "states:StartExecution",
    "kinesis": "kinesis:PutRecord",
    "firehose": "firehose:PutRecord",
    "events": "events:PutEvents",
    "lambda": "lambda:InvokeFunction",
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
}
SOURCE_ACTIONS = {
    "sqs": ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
    "kinesis": ("GetRecords", "GetShardIterator", "DescribeStream"),
    "dynamodb": ("GetRecords", "GetShardIterator", "DescribeStream"),
}
NAMES = {"sqs": "SQS", "kinesis": "Kinesis", "dynamodb": "DynamoDB"}
MAPPING = "AWS::Lambda::EventSourceMapping"


def install() -> None:
    adapter.replace("invoke target", to_target(adapter.read("invoke target")))
    adapter.replace("notification to function", to_subscriber(adapter.read("notification to function")))
    adapter.replace("object event to function", to_notified(adapter.read("object event to function")))
    adapter.replace("delivery of a pipe", from_pipe(adapter.read("delivery of a pipe")))
    adapter.replace("creation of a mapping", mapping_request(adapter.read("creation of a mapping")))
    handlers = adapter.read("handlers of resource types")
    handlers[MAPPING] = {**handlers[MAPPING], "create": mapping_resource(handlers[MAPPING]["create"])}


def service_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[2] if len(parts) > 5 else ""


def target_problem(target: dict[str, Any], rule: dict[str, Any]) -> str | None:
    """Why a rule or schedule may not reach its target; None when it may."""
    arn, role = str(target.get("Arn", "")), target.get("RoleArn")
    service, source = service_of(arn), str(rule.get("Arn") or rule.get("RuleArn") or "")
    action = TARGET_ACTIONS.get(service)
    if role:
        return None if not action or grants.role_allows(role, action, arn) else grants.denial(role, action, arn)
    if service == "lambda" and not grants.function_allows(arn, "events.amazonaws.com", source):
        return f"the policy of {arn} does not let events.amazonaws.com invoke it for {source}"
    if service in ("sqs", "sns"):
        allows = adapter.read("policy of a queue" if service == "sqs" else "policy of a topic")
        if not allows(arn, "events.amazonaws.com", source, grants.account_of(arn)):
            return f"the policy of {arn} does not let events.amazonaws.com send to it for {source}"
    if service == "states":
        return f"{arn} is a target without a role"
    return None


def to_target(invoke: Any) -> Any:
    def invoked(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
        problem = target_problem(target, rule)
        if problem is None:
            invoke(target, event, rule, view)
            return
        logger.error("the rule %s did not reach its target: %s", rule.get("Name"), problem)
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if queue:
            adapter.read("event to queue")(adapter.read("parsed name")(queue), json.dumps(event, default=str), {})

    return invoked


def to_subscriber(deliver: Any) -> Any:
    def delivered(endpoint: str, envelope: Any, topic: str, *rest: Any) -> None:
        if grants.function_allows(endpoint, "sns.amazonaws.com", topic):
            deliver(endpoint, envelope, topic, *rest)
        else:
            logger.error("the policy of %s does not let sns.amazonaws.com invoke it for %s", endpoint, topic)

    return delivered


def to_notified(deliver: Any) -> Any:
    def delivered(function: str, event: dict[str, Any], *rest: Any) -> None:
        bucket = event["Records"][0]["s3"]["bucket"]["arn"] if event.get("Records") else ""
        if grants.function_allows(function, "s3.amazonaws.com", bucket):
            deliver(function, event, *rest)
        else:
            logger.error("the policy of %s does not let s3.amazonaws.com invoke it for %s", function, bucket)

    return delivered


def from_pipe(deliver: Any) -> Any:
    def delivered(pipe: dict[str, Any], batch: list[Any]) -> bool:
        role, target = pipe.get("RoleArn"), str(pipe.get("Target", ""))
        action = TARGET_ACTIONS.get(service_of(target))
        if role and action and not grants.role_allows(role, action, target):
            logger.error(
                "the pipe %s did not reach its target: %s", pipe.get("Name"), grants.denial(role, action, target)
            )
            return False
        return bool(deliver(pipe, batch))

    return delivered


def mapping_problem(function: str, source: str) -> str | None:
    """Why the function's role cannot serve a mapping of this source; None when it can."""
    service = service_of(source)
    _, config, _ = adapter.read("function of reference")(function)
    if not config or service not in SOURCE_ACTIONS:
        return None
    for action in SOURCE_ACTIONS[service]:
        if not grants.role_allows(config["Role"], f"{service}:{action}", source):
            name = NAMES[service]
            return f"The provided execution role does not have permissions to call {action} on {name}"
    return None


def mapping_request(create: Any) -> Any:
    def created(data: dict[str, Any]) -> Any:
        problem = mapping_problem(str(data.get("FunctionName", "")), str(data.get("EventSourceArn", "")))
        if problem:
            return adapter.read("error answer")("InvalidParameterValueException", problem, 400)
        return create(data)

    return created


def mapping_resource(create: Any) -> Any:
    def created(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        function, source = str(properties.get("FunctionName", "")), str(properties.get("EventSourceArn", ""))
        problem = mapping_problem(function, source)
        if problem:
            raise ValueError(f"Invalid request provided: {problem} (Service: Lambda, Status Code: 400)")
        return create(logical_id, properties, stack_name)

    return created
