"""ARN patterns of what a stack makes: of explicit names, and of those that CloudFormation gives (`<stack>-<id>-…`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.policy.values import at
from refarch.gate.policy.view import Resource, Template

# Kinds of resources (as IAM's service data names them) whose names begin with the stack's unless they are given.
# An action is limited only where every kind that it works on is here: the rest are on ids that AWS makes up.
_KINDS: Mapping[str, Mapping[str, str]] = {
    "cloudwatch": {"alarm": "cloudwatch:*:*:alarm:{}", "dashboard": "cloudwatch::*:dashboard/{}"},
    "dynamodb": {"table": "dynamodb:*:*:table/{}", "index": "dynamodb:*:*:table/{}/index/*"},
    "events": {"rule-on-default-event-bus": "events:*:*:rule/{}", "rule-on-custom-event-bus": "events:*:*:rule/*/{}"},
    "iam": {
        "role": "iam::*:role/{}",
        "policy": "iam::*:policy/{}",
        "user": "iam::*:user/{}",
        "instance-profile": "iam::*:instance-profile/{}",
    },
    "kinesis": {"stream": "kinesis:*:*:stream/{}"},
    "lambda": {
        "function": "lambda:*:*:function:{}",
        "function alias": "lambda:*:*:function:{}:*",
        "function version": "lambda:*:*:function:{}:*",
    },
    "logs": {"log-group": "logs:*:*:log-group:{}", "log-stream": "logs:*:*:log-group:{}:log-stream:*"},
    "s3": {"bucket": "s3:::{}", "object": "s3:::{}/*"},
    "sns": {"topic": "sns:*:*:{}"},
    "sqs": {"queue": "sqs:*:*:{}"},
    "states": {"statemachine": "states:*:*:stateMachine:{}"},
}
_KIND_OF_TYPE: Mapping[str, tuple[str, str, str]] = {
    "AWS::CloudWatch::Alarm": ("cloudwatch", "alarm", "AlarmName"),
    "AWS::CloudWatch::Dashboard": ("cloudwatch", "dashboard", "DashboardName"),
    "AWS::DynamoDB::GlobalTable": ("dynamodb", "table index", "TableName"),
    "AWS::DynamoDB::Table": ("dynamodb", "table index", "TableName"),
    "AWS::Events::Rule": ("events", "rule-on-default-event-bus rule-on-custom-event-bus", "Name"),
    "AWS::IAM::InstanceProfile": ("iam", "instance-profile", "InstanceProfileName"),
    "AWS::IAM::ManagedPolicy": ("iam", "policy", "ManagedPolicyName"),
    "AWS::IAM::Role": ("iam", "role", "RoleName"),
    "AWS::IAM::User": ("iam", "user", "UserName"),
    "AWS::Kinesis::Stream": ("kinesis", "stream", "Name"),
    "AWS::Lambda::Function": ("lambda", "function", "FunctionName"),
    "AWS::Logs::LogGroup": ("logs", "log-", "LogGroupName"),
    "AWS::S3::Bucket": ("s3", "bucket object", "BucketName"),
    "AWS::SNS::Topic": ("sns", "topic", "TopicName"),
    "AWS::SQS::Queue": ("sqs", "queue", "QueueName"),
    "AWS::StepFunctions::StateMachine": ("states", "statemachine", "StateMachineName"),
}
_ATTACHING = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
_BOOTSTRAP = re.compile(r"/cdk-bootstrap/([a-z0-9]{1,10})/version")
_MOST_NAMES = 40


def limits(service: str, kinds: tuple[str, ...], template: Template, stack: str) -> tuple[str, ...]:
    """Ends of ARNs for an action of `service` that works on `kinds`; `("*",)` where it cannot be limited by name."""
    known = _KINDS.get(service, {})
    found: set[str] = set()
    # An access point is another way to a bucket: the handlers go to the bucket.
    for kind in (each for each in kinds if not each.startswith("accesspoint")):
        names = set(_names(service, kind, template, stack))
        if kind not in known or not names or len(names) > _MOST_NAMES:
            return ("*",)
        found |= {known[kind].format(name) for name in names}
    return tuple(sorted(found)) or ("*",)


def _names(service: str, kind: str, template: Template, stack: str) -> Iterator[str]:
    """The names that resources of a kind have, as patterns."""
    for resource in template.resources.values():
        owner, kinds, property_ = _KIND_OF_TYPE.get(resource.type, ("", "", ""))
        if owner == service and any(kind.startswith(each) for each in kinds.split()):
            yield name_of(resource, property_, stack)
        if (service, kind) == ("iam", "role") and resource.type in _ATTACHING:
            # A role from elsewhere that a policy of the stack is put into.
            yield from (each for each in resource.entries("Roles") if isinstance(each, str))
    if (service, kind) == ("s3", "object"):
        yield from (f"cdk-{qualifier}-assets-*" for qualifier in qualifiers(template))


def qualifiers(template: Template) -> list[str]:
    """Of the CDK bootstraps that the template's assets are in."""
    defaults = [at(each, "Default") for each in template.section("Parameters").values()]
    return sorted(
        {found.group(1) for each in defaults if isinstance(each, str) and (found := _BOOTSTRAP.fullmatch(each))}
    )


def pointless(service: str, kinds: tuple[str, ...], template: Template) -> bool:
    """Handlers of policies can also attach them to users and groups; here nobody does."""
    wanted = {"user": "Users", "group": "Groups"}
    if service != "iam" or len(kinds) != 1 or kinds[0] not in wanted:
        return False
    types = (f"AWS::IAM::{kinds[0].title()}", "AWS::IAM::UserToGroupAddition")
    used = (each.raw(wanted[kinds[0]]) or each.type in types for each in template.resources.values())
    return not any(used)


def name_of(resource: Resource, property_: str, stack: str) -> str:
    """The explicit name, or the pattern of the one that CloudFormation gives; `*` for one built at deployment."""
    given: Any = resource.get(property_)
    if given is None:
        return f"{stack.lower() if resource.type == 'AWS::S3::Bucket' else stack}-*"
    return given if isinstance(given, str) else "*"
