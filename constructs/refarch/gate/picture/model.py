"""What a picture shows, before it has a place on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class Strength(IntEnum):
    """What a flow is worth to the layout: the first point from left to right, whatever the others do."""

    FLOW = 0
    ACCESS = 1
    SIDE = 2
    """Failures, alarms, logs: drawn dashed."""


@dataclass(frozen=True, order=True)
class Flow:
    """An arrow. `label` may be empty."""

    source: str
    target: str
    label: str = ""
    strength: Strength = Strength.FLOW


@dataclass(frozen=True)
class Node:
    """A box: one resource, or `count` of them that are connected alike."""

    id: str
    type: str
    title: str
    subtitle: str
    icon: str
    colour: str
    cluster: str = ""
    """Id of the cluster that it is in; "" for none."""
    count: int = 1
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cluster:
    """A frame around nodes: a VPC, or subnets of one kind in it."""

    id: str
    title: str
    parent: str = ""
    tone: str = "vpc"


@dataclass(frozen=True)
class Diagram:
    """All of it. `folded` counts by type what is in the template and not in the picture."""

    title: str
    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...]
    clusters: tuple[Cluster, ...]
    folded: Mapping[str, int] = field(default_factory=dict)
