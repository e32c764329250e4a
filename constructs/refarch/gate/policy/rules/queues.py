"""Queues and topics: encryption, dead letters, who notices them, and time to work on a message."""

from __future__ import annotations

from collections.abc import Iterator

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.rules.buckets import denies_plain_http, policies_of
from refarch.gate.policy.values import UNKNOWN, at, is_off, number
from refarch.gate.policy.view import Resource, Template

QUEUE = "AWS::SQS::Queue"
TOPIC = "AWS::SNS::Topic"
_VISIBILITY_DEFAULT = 30
_TIMEOUT_DEFAULT = 3
_FACTOR = 6
"""What Lambda's documentation asks for: the visibility timeout at least six times the function's."""


def dead_letter_queues(template: Template) -> set[str]:
    """Names of the queues that take what others could not work on."""
    found: set[str] = set()
    for resource in template.resources.values():
        for path in ("RedrivePolicy", "DeadLetterConfig", "DestinationConfig", "DeadLetterQueue"):
            found |= template.targets(resource.raw(path))
        if resource.type == "AWS::Events::Rule":
            found |= {
                name for each in resource.entries("Targets") for name in template.targets(at(each, "DeadLetterConfig"))
            }
        if resource.type == "AWS::Scheduler::Schedule":
            found |= template.targets(
                resource.raw("Target.DeadLetterConfig") or resource.get("Target.DeadLetterConfig")
            )
        if resource.get("RedriveAllowPolicy") is not None:
            found.add(resource.name)
    return {name for name in found if template.resources[name].type == QUEUE}


@rule(
    "SQS-ENCRYPTION",
    "A queue is not encrypted",
    control=9,
    anchor="CT.SQS.PR.2, N SQS2, F SQS.1",
    remedy="leave SqsManagedSseEnabled as it is (on), or name a KmsMasterKeyId",
)
def queue_encryption(template: Template) -> Iterator[Fault]:
    for queue in template.of_type(QUEUE):
        if queue.get("SqsManagedSseEnabled") in (False, "false") and queue.get("KmsMasterKeyId") is None:
            yield fault(queue, "SqsManagedSseEnabled is false and there is no key", "SqsManagedSseEnabled")


@rule(
    "SQS-DEAD-LETTERS",
    "A queue has nowhere to put what cannot be worked on",
    control=10,
    anchor="CT.SQS.PR.1, N SQS3",
    remedy="add a RedrivePolicy with a dead-letter queue; on that one, say so with RedriveAllowPolicy",
)
def dead_letters(template: Template) -> Iterator[Fault]:
    dead = dead_letter_queues(template)
    for queue in template.of_type(QUEUE):
        if queue.get("RedrivePolicy") is None and queue.name not in dead:
            yield fault(queue, "no RedrivePolicy, and no queue redrives to it", "RedrivePolicy")


@rule(
    "SQS-REDRIVE-ALLOW",
    "Any queue of the account may use a dead-letter queue as its own",
    control=10,
    profile="regulated",
    severity="warning",
    remedy="set RedriveAllowPolicy to byQueue, or to denyAll",
)
def redrive_allow(template: Template) -> Iterator[Fault]:
    for name in sorted(dead_letter_queues(template)):
        redrives = any(name in template.targets(each.raw("RedrivePolicy")) for each in template.of_type(QUEUE))
        if redrives and template.resources[name].get("RedriveAllowPolicy") is None:
            yield fault(template.resources[name], "no RedriveAllowPolicy", "RedriveAllowPolicy")


@rule(
    "SQS-SNS-TLS",
    "A queue or topic takes requests without TLS",
    control=11,
    anchor="N SQS4/SNS3",
    remedy='add a policy that denies if "aws:SecureTransport" is false (CDK: enforce_ssl=True)',
)
def tls(template: Template) -> Iterator[Fault]:
    kinds = ((QUEUE, "AWS::SQS::QueuePolicy", "Queues"), (TOPIC, "AWS::SNS::TopicPolicy", "Topics"))
    for kind, policy, property_ in kinds:
        for resource in template.of_type(kind):
            if not denies_plain_http(policies_of(template, resource, policy, property_)):
                yield fault(resource, "no policy denies requests without TLS")


@rule(
    "SNS-ENCRYPTION",
    "A topic is not encrypted at rest",
    control=13,
    profile="regulated",
    anchor="F SNS.1, N SNS2",
    remedy="name a KmsMasterKeyId; alias/aws/sns does where no service of AWS publishes",
)
def topic_encryption(template: Template) -> Iterator[Fault]:
    for topic in template.of_type(TOPIC):
        if topic.get("KmsMasterKeyId") is None:
            yield fault(topic, "no KmsMasterKeyId", "KmsMasterKeyId")


@rule(
    "DLQ-ALARM",
    "Nobody hears of dead letters",
    control=14,
    anchor="CT.CLOUDWATCH.PR.1, own",
    severity="warning",
    remedy="add an alarm on ApproximateNumberOfMessagesVisible of the dead-letter queue",
)
def dead_letter_alarm(template: Template) -> Iterator[Fault]:
    for name in sorted(dead_letter_queues(template)):
        queue = template.resources[name]
        # Where a function works on what arrives, the messages are events like others.
        worked_on = any(True for _ in template.users_of(queue, "AWS::Lambda::EventSourceMapping", "AWS::Pipes::Pipe"))
        if not worked_on and not any(True for _ in template.users_of(queue, "AWS::CloudWatch::Alarm")):
            yield fault(queue, "no alarm of this template looks at the dead letters")


@rule(
    "ALARM-ACTION",
    "An alarm tells nobody",
    control=14,
    anchor="CT.CLOUDWATCH.PR.1",
    profile="regulated",
    severity="warning",
    remedy="name an AlarmAction, a topic for example",
)
def alarm_action(template: Template) -> Iterator[Fault]:
    for alarm in template.of_type("AWS::CloudWatch::Alarm"):
        if is_off(alarm.get("ActionsEnabled")) and alarm.get("ActionsEnabled") is not None:
            yield fault(alarm, "ActionsEnabled is false", "ActionsEnabled")
        elif alarm.get("AlarmActions") in (None, []):
            yield fault(alarm, "no AlarmActions", "AlarmActions")


@rule(
    "SQS-VISIBILITY",
    "A message may be worked on again while it is being worked on",
    control=15,
    anchor="cfn-lint E3505, own",
    remedy="make VisibilityTimeout at least six times the function's Timeout",
)
def visibility(template: Template) -> Iterator[Fault]:
    for mapping in template.of_type("AWS::Lambda::EventSourceMapping"):
        queue = template.target(mapping.raw("EventSourceArn"))
        function = template.target(mapping.raw("FunctionName"))
        if queue and queue.type == QUEUE and function and function.type == "AWS::Lambda::Function":
            yield from _too_short(queue, function)


def _too_short(queue: Resource, function: Resource) -> Iterator[Fault]:
    visible = _seconds(queue.get("VisibilityTimeout"), _VISIBILITY_DEFAULT)
    timeout = _seconds(function.get("Timeout"), _TIMEOUT_DEFAULT)
    if visible is not None and timeout is not None and visible < _FACTOR * timeout:
        needed = f"allowed: {_FACTOR * timeout:g} s or more, for {function.name} may take {timeout:g} s"
        yield fault(queue, f"VisibilityTimeout is {visible:g} s ({needed})", "VisibilityTimeout")


def _seconds(value: object, default: int) -> float | None:
    return default if value is None else None if value is UNKNOWN else number(value)
