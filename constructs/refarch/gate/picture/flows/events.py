"""Events: queues and streams that functions read, notifications of buckets, rules and their targets, alarms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.picture.model import Flow, Strength
from refarch.gate.picture.scene import Scene
from refarch.gate.policy.values import entries, text
from refarch.gate.policy.view import Resource

_MAPPED = {"AWS::SQS::Queue": "messages"}
_NOTIFIED = (
    ("LambdaConfigurations", "Function", "Event"),
    ("LambdaFunctionConfigurations", "LambdaFunctionArn", "Events"),
    ("QueueConfigurations", "Queue", "Event"),
    ("QueueConfigurations", "QueueArn", "Events"),
    ("TopicConfigurations", "Topic", "Event"),
    ("TopicConfigurations", "TopicArn", "Events"),
)
_HAPPENED = {"ObjectCreated": "new objects", "ObjectRemoved": "deleted objects", "ObjectRestore": "restored objects"}
_TO_RUN = ("EcsParameters", "BatchParameters")


def flows(scene: Scene) -> Iterator[Flow]:
    """All of them."""
    yield from _mappings(scene)
    yield from _buckets(scene)
    yield from _rules(scene)
    yield from _alarms(scene)


def _mappings(scene: Scene) -> Iterator[Flow]:
    for each in scene.view.of_type("AWS::Lambda::EventSourceMapping"):
        for source in scene.ends([each.raw("EventSourceArn"), each.raw("SelfManagedEventSource")]):
            label = _MAPPED.get(scene.shown[source].type, "records")
            yield from (Flow(source, target, label) for target in scene.ends(each.raw("FunctionName")))


def _buckets(scene: Scene) -> Iterator[Flow]:
    for each in scene.view.of_type("AWS::S3::Bucket"):
        yield from _notifications(scene, [each.name], each.get("NotificationConfiguration"))
    for each in scene.view.of_type("Custom::S3BucketNotifications"):
        buckets = scene.ends(each.raw("BucketName"))
        yield from _notifications(scene, buckets, each.get("NotificationConfiguration"))


def _notifications(scene: Scene, buckets: list[str], configuration: Any) -> Iterator[Flow]:
    if not isinstance(configuration, Mapping):
        return
    for section, key, event in _NOTIFIED:
        for entry in entries(configuration.get(section)):
            if isinstance(entry, Mapping):
                label = _happened(entry.get(event))
                yield from (Flow(one, other, label) for one in buckets for other in scene.ends(entry.get(key)))


def _happened(events: Any) -> str:
    words = {_HAPPENED.get(text(each).removeprefix("s3:").partition(":")[0], "events") for each in entries(events)}
    return words.pop() if len(words) == 1 else "events"


def _rules(scene: Scene) -> Iterator[Flow]:
    for rule in scene.view.of_type("AWS::Events::Rule"):
        for target in rule.entries("Targets"):
            if isinstance(target, Mapping):
                run = [each for each in map(target.get, _TO_RUN) if isinstance(each, Mapping)]
                for end in _aims(scene, target, run):
                    yield Flow(rule.name, end, "events" if rule.raw("EventPattern") else "starts")
                for end in scene.ends(target.get("DeadLetterConfig")):
                    yield Flow(rule.name, end, "failures", Strength.SIDE)


def _aims(scene: Scene, target: Mapping[str, Any], run: list[Mapping[str, Any]]) -> list[str]:
    """What is run, where a target names it beside the place where it runs."""
    named = scene.ends([part.get("TaskDefinitionArn") or part.get("JobDefinition") for part in run])
    return sorted({*named, *scene.ends(target.get("Arn"))})


def _alarms(scene: Scene) -> Iterator[Flow]:
    for each in scene.view.of_type("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"):
        for target in scene.ends([each.raw("AlarmActions"), each.raw("OKActions")]):
            yield Flow(each.name, target, _alarm_label(scene.shown[target]), Strength.SIDE)


def _alarm_label(target: Resource) -> str:
    return "notifies" if target.type == "AWS::SNS::Topic" else "scales" if "Scaling" in target.type else "alarms"
