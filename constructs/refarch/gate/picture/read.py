"""A template, read as a diagram."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from refarch.gate.picture.flows import flows as read_flows
from refarch.gate.picture.folding import fold
from refarch.gate.picture.kinds import CLIENTS, kind_of
from refarch.gate.picture.model import Diagram, Flow, Node
from refarch.gate.picture.names import titles, without_type
from refarch.gate.picture.places import Places
from refarch.gate.picture.scene import Scene
from refarch.gate.policy.values import text
from refarch.gate.policy.view import Resource

_ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
_QUIET = ("AWS::SecretsManager::Secret", "AWS::ECS::Cluster", "AWS::ECR::Repository")
_MOST_LABELS = 2


def read(content: Mapping[str, Any], title: str) -> Diagram:
    """The diagram of one template: boxes, flows, frames, and what was left out."""
    scene = Scene(content)
    places = Places(scene)
    found = _joined(read_flows(scene))
    connected = {name for each in found for name in (each.source, each.target)}
    drawn = {name: each for name, each in scene.shown.items() if name in connected or each.type not in _ALARMS + _QUIET}
    where = _with_hosts({name: places.of(name) for name in drawn}, found)
    named = titles(drawn)
    nodes = [_node(each, named[name], where[name]) for name, each in drawn.items()]
    if CLIENTS in connected:
        nodes.append(Node(CLIENTS, CLIENTS, "Clients", "", "person", "plain", members=()))
    boxes, arrows = fold(nodes, found)
    clusters = tuple(places.clusters({each.cluster for each in boxes}))
    return Diagram(title, boxes, arrows, clusters, _folded(scene, boxes))


def _node(resource: Resource, title: str, cluster: str) -> Node:
    kind = kind_of(resource.type)
    title, subtitle = _words(resource, title, kind.word)
    return Node(
        id=resource.name,
        type=resource.type,
        title=title,
        subtitle=subtitle,
        icon=kind.icon,
        colour=kind.colour,
        cluster=cluster,
        members=(resource.name,),
    )


_BALANCERS = {"network": "Network Load Balancer", "gateway": "Gateway balancer"}


def _words(resource: Resource, title: str, word: str) -> tuple[str, str]:
    """The two lines in a box. What stands in every VPC needs no name of its own."""
    match resource.type:
        case "AWS::Events::Rule" | "AWS::Scheduler::Schedule":
            schedule = resource.get("ScheduleExpression")
            return without_type(title, "rule"), schedule if isinstance(schedule, str) else word
        case "AWS::ECS::Service" if resource.get("LaunchType") == "FARGATE":
            return without_type(title, word), f"{word} (Fargate)"
        case "AWS::ElasticLoadBalancingV2::LoadBalancer":
            return without_type(title, word), _BALANCERS.get(str(resource.get("Type")), word)
        case "AWS::AutoScaling::AutoScalingGroup":
            return without_type(title.removesuffix(" ASG"), "group"), word
        case "AWS::EC2::NatGateway":
            return word, "way out to the internet"
        case "AWS::EC2::VPCEndpoint":
            return _endpoint(resource), word
    return without_type(title, word), word


def _endpoint(resource: Resource) -> str:
    service = resource.raw("ServiceName")
    last = service["Fn::Join"][1][-1] if _is_join(service) else text(service)
    name = last.rpartition(".")[2] if isinstance(last, str) else ""
    return f"To {name.upper() if len(name) < 4 else name}" if name else "Endpoint"


def _is_join(value: Any) -> bool:
    parts = value.get("Fn::Join") if isinstance(value, Mapping) else None
    return isinstance(parts, list) and len(parts) == 2 and isinstance(parts[1], list) and bool(parts[1])


def _joined(found: Iterable[Flow]) -> list[Flow]:
    """One arrow a pair and strength; many labels become the first and a count."""
    labels: dict[tuple[str, str, Any], set[str]] = defaultdict(set)
    for each in found:
        labels[each.source, each.target, each.strength].add(each.label)
    return sorted(Flow(one, other, _label(said), strength) for (one, other, strength), said in labels.items())


def _label(said: set[str]) -> str:
    words = sorted(each for each in said if each)
    if len(words) <= _MOST_LABELS:
        return ", ".join(words)
    return f"{words[0]} and {len(words) - 1} more"


def _with_hosts(where: dict[str, str], found: Iterable[Flow]) -> dict[str, str]:
    """What runs on an Auto Scaling group is where the group is."""
    for each in found:
        if each.label == "runs on" and where.get(each.source) == "":
            where[each.source] = where.get(each.target, "")
    return where


def _folded(scene: Scene, boxes: Iterable[Node]) -> Mapping[str, int]:
    drawn = {name for each in boxes for name in each.members}
    counted = Counter(each.type for name, each in scene.view.resources.items() if name not in drawn)
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))
