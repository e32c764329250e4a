"""Boxes that are connected alike become one box with a count; a page holds only so many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace

from refarch.gate.picture.model import Flow, Node
from refarch.gate.picture.names import together

_ALWAYS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::EC2::NatGateway", "AWS::EC2::VPCEndpoint")
_LIKE_OTHERS = 3
_UNCONNECTED = 4
MOST_BOXES = 160
"""More than that nobody reads: boxes of one type in one frame are then drawn as one."""
MOST_ARROWS = 800
_NAMED = 2

Grouping = tuple[tuple[Node, ...], tuple[Flow, ...]]


def fold(nodes: Iterable[Node], flows: Iterable[Flow]) -> Grouping:
    """Folds until nothing changes; where that leaves too many, by type and frame whatever the flows."""
    made = tuple(nodes), tuple(flows)
    for _ in range(4):
        before = len(made[0])
        made = _merged(*made, _alike(*made))
        if len(made[0]) == before:
            break
    for key in _COARSER:
        if len(made[0]) > MOST_BOXES or len(made[1]) > MOST_ARROWS:
            made = _merged(*made, key)
    return made


def _family(node: Node) -> str:
    return node.type.rpartition("::")[0] or node.type


_COARSER: tuple[Callable[[Node], Hashable], ...] = (
    lambda node: (node.type, node.cluster),
    lambda node: (_family(node), node.cluster),
    lambda node: _family(node),
    lambda node: node.type.partition("::")[0],
    lambda node: "",
)


def _alike(nodes: tuple[Node, ...], flows: tuple[Flow, ...]) -> Callable[[Node], Hashable]:
    around: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for flow in flows:
        around[flow.source].add(("to", flow.target, flow.label))
        around[flow.target].add(("from", flow.source, flow.label))
    groups: dict[Hashable, int] = defaultdict(int)

    def key(node: Node) -> Hashable:
        return node.type, node.cluster, frozenset(around[node.id])

    for node in nodes:
        groups[key(node)] += 1

    def kept(node: Node) -> Hashable:
        least = 2 if node.type in _ALWAYS else _LIKE_OTHERS if around[node.id] else _UNCONNECTED
        return key(node) if groups[key(node)] >= least else node.id

    return kept


def _merged(nodes: tuple[Node, ...], flows: tuple[Flow, ...], key: Callable[[Node], Hashable]) -> Grouping:
    groups: dict[Hashable, list[Node]] = defaultdict(list)
    for node in nodes:
        groups[key(node)].append(node)
    kept = {node.id: group[0].id for group in groups.values() for node in group}
    made = tuple(_one(group) for group in groups.values())
    moved = {replace(each, source=kept[each.source], target=kept[each.target]) for each in flows}
    return made, tuple(sorted(each for each in moved if each.source != each.target))


def _plural(node: Node, count: int) -> str:
    word = "alarm" if "Alarm" in node.type else "NAT gateway" if "Nat" in node.type else "endpoint"
    return f"{count} {word}s"


def _one(group: list[Node]) -> Node:
    if len(group) == 1:
        return group[0]
    count = sum(each.count for each in group)
    members = tuple(name for each in group for name in each.members)
    types = {each.type for each in group}
    first = group[0]
    if len(types) > 1:
        word = _family(first).replace("AWS::", "")
        return replace(first, title=f"{count} × {word}", subtitle=f"{len(types)} types", count=count, members=members)
    if first.type in _ALWAYS:
        return replace(first, title=_plural(first, count), count=count, members=members)
    title = together([each.title for each in group], _NAMED)
    return replace(first, title=title, subtitle=f"{count} × {first.subtitle}", count=count, members=members)
