"""What a task state's integration would call: the action and the resource that its role must be granted.

Pure. Sources: the service authorization reference, and "IAM policies for integrated services" of Step Functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# The prefix of IAM actions where it is not the name of the SDK's service.
PREFIXES = {
    "sfn": "states",
    "eventbridge": "events",
    "cloudwatchlogs": "logs",
    "cloudwatch": "cloudwatch",
    "cognitoidentityprovider": "cognito-idp",
    "elasticloadbalancingv2": "elasticloadbalancing",
    "emr": "elasticmapreduce",
    "resourcegroupstaggingapi": "tag",
    "applicationautoscaling": "application-autoscaling",
    "efs": "elasticfilesystem",
    "rdsdata": "rds-data",
}
# Operations whose permission is named differently.
ACTIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjects": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:CopyObject": "s3:PutObject",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "states:StartSyncExecution": "states:StartSyncExecution",
}
# The error of an optimized integration that is refused; an SDK integration's is made from the service's name.
REFUSED = {
    "lambda": "Lambda.AWSLambdaException",
    "dynamodb": "DynamoDB.AmazonDynamoDBException",
    "sqs": "SQS.AmazonSQSException",
    "sns": "SNS.AuthorizationErrorException",
    "events": "EventBridge.AccessDeniedException",
    "states": "StepFunctions.AccessDeniedException",
}
# Rooms of their own judge these.
ELSEWHERE = ("ecs", "batch")


@dataclass(frozen=True)
class Call:
    """One permission that is needed. `resource` None: it cannot be told from the parameters."""

    action: str
    resource: str | None
    error: str


def calls(resource: str, given: Any, region: str, account: str) -> list[Call]:
    """The calls of a task's `Resource` with these parameters; none for activities and what is judged elsewhere."""
    given = given if isinstance(given, dict) else {}
    parts = resource.split(":")
    if ":function:" in resource and parts[2] == "lambda":
        return [Call("lambda:InvokeFunction", resource, REFUSED["lambda"])]
    if ":activity:" in resource or not resource.startswith("arn:aws:states:::"):
        return []
    sdk = parts[5] == "aws-sdk"
    service, operation = (parts[6], parts[7]) if sdk else (parts[5], parts[6])
    if service in ELSEWHERE and not sdk:
        return []
    prefix = PREFIXES.get(service.lower(), service.lower())
    name = operation.split(".")[0]
    action = f"{prefix}:{name[:1].upper()}{name[1:]}"
    action = ACTIONS.get(action, action)
    error = sdk_error(service) if sdk else REFUSED.get(service, "States.TaskFailed")
    needed = [Call(action, arn, error) for arn in resources(prefix, name, given, region, account)]
    if service == "states" and ".sync" in operation:
        managed = f"arn:aws:events:{region}:{account}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
        needed += [Call("states:DescribeExecution", None, error), Call("events:PutRule", managed, error)]
    return needed


def sdk_error(service: str) -> str:
    """`DynamoDb.DynamoDbException`: what the SDK's generic exception becomes."""
    special = {"dynamodb": "DynamoDb", "sfn": "Sfn", "cloudwatchlogs": "CloudWatchLogs", "eventbridge": "EventBridge"}
    name = special.get(service.lower(), service[:1].upper() + service[1:])
    return f"{name}.{name}Exception"


def resources(service: str, operation: str, given: dict[str, Any], region: str, account: str) -> list[str | None]:
    """The ARNs that the parameters name; [None] when they name none that is known here."""

    def local(kind: str, value: Any) -> str | None:
        return str(value) if str(value).startswith("arn:") else f"arn:aws:{service}:{region}:{account}:{kind}{value}"

    if service == "events" and operation == "putEvents":
        buses = {str(entry.get("EventBusName") or "default") for entry in given.get("Entries", [])}
        return [local("event-bus/", bus) for bus in sorted(buses)] or [None]
    if service == "s3":
        return [_s3(given)]
    if service == "sqs" and given.get("QueueUrl"):
        return [local("", str(given["QueueUrl"]).rsplit("/", 1)[-1])]
    for parameter, kind in NAMED.get(service, {}).items():
        if given.get(parameter):
            return [local(kind, given[parameter])]
    return [None]


NAMED = {
    "dynamodb": {"TableName": "table/"},
    "sns": {"TopicArn": ""},
    "lambda": {"FunctionName": "function:"},
    "states": {"StateMachineArn": "stateMachine:", "ExecutionArn": ""},
    "ssm": {"Name": "parameter/"},
    "kinesis": {"StreamARN": "", "StreamName": "stream/"},
    "firehose": {"DeliveryStreamName": "deliverystream/"},
}


def _s3(given: dict[str, Any]) -> str | None:
    if not given.get("Bucket"):
        return None
    key = f"/{given['Key']}" if given.get("Key") else ""
    return f"arn:aws:s3:::{given['Bucket']}{key}"
