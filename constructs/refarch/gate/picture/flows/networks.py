"""Connections that security groups let through: who talks to a database, a cache, a file system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.picture.model import Flow, Strength
from refarch.gate.picture.scene import Scene
from refarch.gate.policy.values import references
from refarch.gate.policy.view import Resource

_GROUP = "AWS::EC2::SecurityGroup"
_PORTS = {
    22: "SSH",
    80: "HTTP",
    443: "HTTPS",
    1433: "SQL Server",
    2049: "NFS",
    3306: "MySQL",
    5432: "PostgreSQL",
    6379: "Redis",
    9092: "Kafka",
    9094: "Kafka",
    11211: "Memcached",
    27017: "MongoDB",
}
_MOST_PAIRS = 2_000


def flows(scene: Scene) -> Iterator[Flow]:
    """From the users of one group to those of another that lets it in, named by port."""
    members = {each.name: _members(scene, each) for each in scene.view.of_type(_GROUP)}
    pairs = 0
    for group, rule in _rules(scene):
        for name in sorted(scene.view.targets(rule.get("SourceSecurityGroupId"))):
            for source in members.get(name, ()):
                for target in members.get(group, ()):
                    if (pairs := pairs + 1) > _MOST_PAIRS:
                        return
                    yield Flow(source, target, _port(rule), Strength.ACCESS)


def _rules(scene: Scene) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for each in scene.view.of_type("AWS::EC2::SecurityGroupIngress"):
        for group in sorted(scene.view.targets(each.raw("GroupId"))):
            yield group, each.properties
    for each in scene.view.of_type(_GROUP):
        for rule in each.entries("SecurityGroupIngress"):
            if isinstance(rule, Mapping):
                yield each.name, rule


def _members(scene: Scene, group: Resource) -> list[str]:
    """Boxes with the group; not other groups' rules, and no program that only hears of it in its environment."""
    found: set[str] = set()
    for name in scene.view.users.get(group.name, ()):
        resource = scene.view.resources[name]
        if not resource.type.startswith(_GROUP) and _wears(resource, group.name):
            found |= scene.boxes(name)
    return sorted(found)


def _wears(resource: Resource, group: str) -> bool:
    properties = {key: each for key, each in resource.properties.items() if key not in ("Environment", "UserData")}
    return group in references(properties)


def _port(rule: Mapping[str, Any]) -> str:
    port = rule.get("FromPort")
    number = int(port) if isinstance(port, str) and port.isascii() and port.isdigit() and len(port) < 6 else port
    if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
        return "connects"
    return f"{_PORTS.get(number, 'port')} {number}"
