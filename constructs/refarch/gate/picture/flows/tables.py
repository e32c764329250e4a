"""Flows that one property, or a resource between two others, states: read by the tables in data/flows.json."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from refarch.gate.picture.kinds import is_known, table
from refarch.gate.picture.model import Flow, Strength
from refarch.gate.picture.scene import Scene

_STRENGTH = {"flow": Strength.FLOW, "access": Strength.ACCESS, "side": Strength.SIDE}
_ENVIRONMENTS = {
    "AWS::Lambda::Function": "Environment",
    "AWS::Serverless::Function": "Environment",
    "AWS::CodeBuild::Project": "Environment",
    "AWS::ECS::TaskDefinition": "ContainerDefinitions",
}


@cache
def _tables() -> dict[str, Any]:
    found: dict[str, Any] = table("flows")
    return found


def flows(scene: Scene) -> Iterator[Flow]:
    """By both tables."""
    for type_, path, direction, label, strength in _tables()["own"]:
        for resource in scene.view.of_type(type_):
            for here in scene.boxes(resource.name):
                for there in scene.ends(resource.raw(path)):
                    source, target = (here, there) if direction == "out" else (there, here)
                    yield Flow(source, target, label, _STRENGTH[strength])
    yield from _links(scene)


def _links(scene: Scene) -> Iterator[Flow]:
    for type_, from_path, to_path, label, strength in _tables()["links"]:
        for resource in scene.view.of_type(type_):
            own = from_path == "@self"
            sources = scene.boxes(resource.name) if own else scene.ends(resource.raw(from_path))
            for source in sources:
                yield from (
                    Flow(source, target, label, _STRENGTH[strength]) for target in scene.ends(resource.raw(to_path))
                )


def mentions(scene: Scene) -> Iterator[Flow]:
    """The weakest sign: a name in the environment of a program, or any reference of a type that nobody knows."""
    for type_, path in _ENVIRONMENTS.items():
        for resource in scene.view.of_type(type_):
            for source in scene.boxes(resource.name):
                yield from (Flow(source, each, "uses", Strength.ACCESS) for each in scene.ends(resource.raw(path)))
    for resource in scene.shown.values():
        if not is_known(resource.type):
            for target in scene.ends(resource.properties):
                yield Flow(resource.name, target, "", Strength.ACCESS)
