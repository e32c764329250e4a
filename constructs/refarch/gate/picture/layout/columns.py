"""Columns: every flow runs from left to right, but for those that close a circle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from refarch.gate.picture.model import Flow, Node

MOST_COLUMNS = 8
"""Beyond so many, a page is too wide to be read."""
_START, _END = "\0start", "\0end"


def columns(nodes: Sequence[Node], flows: Sequence[Flow]) -> dict[str, int]:
    """Box to column, 0 the leftmost; for boxes with a flow. What leads into a VPC is left of it, what it uses right."""
    order = [each.id for each in nodes]
    forward = _acyclic(order, [(each.source, each.target) for each in sorted(flows, key=_importance)])
    inside = {each.id for each in nodes if each.cluster}
    placed = _longest(order, _with_frame(forward, inside))
    placed = _pulled(order, placed, forward, inside)
    placed = _turned(placed, forward, inside)
    connected = {name for each in flows for name in (each.source, each.target)}
    used = sorted({placed[name] for name in connected})
    numbered = {column: index for index, column in enumerate(used)}
    return {name: numbered[placed[name]] for name in order if name in connected}


def _turned(placed: dict[str, int], pairs: list[tuple[str, str]], inside: set[str]) -> dict[str, int]:
    """A long chain behind the frames turns back and runs below them, to the left, or the page would be too wide.

    Not where a flow would then begin and end in one column: it could not be drawn.
    """
    last = max((placed[each] for each in inside), default=0) + 1
    boxes = {name: column for name, column in placed.items() if name not in (_START, _END)}
    if not inside or max(boxes.values()) < MOST_COLUMNS:
        return placed
    turned = {**placed, **{name: 2 * last - column for name, column in boxes.items() if column > last}}
    return placed if any(turned[one] == turned[other] for one, other in pairs) else turned


def _importance(flow: Flow) -> tuple[int, str, str]:
    return flow.strength, flow.source, flow.target


def _acyclic(order: Iterable[str], pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs, the ones that would close a circle turned around; the first ones given keep their direction."""
    after: dict[str, set[str]] = defaultdict(set)
    made = []
    for source, target in dict.fromkeys(pairs):
        one, other = (target, source) if _reaches(after, target, source) else (source, target)
        after[one].add(other)
        made.append((one, other))
    return made


def _reaches(after: Mapping[str, set[str]], start: str, goal: str) -> bool:
    pending, seen = [start], {start}
    while pending:
        name = pending.pop()
        if name == goal:
            return True
        following = after.get(name, set()) - seen
        seen |= following
        pending.extend(following)
    return False


def _with_frame(pairs: list[tuple[str, str]], inside: set[str]) -> list[tuple[str, str, int]]:
    """Steps between columns. Two invisible boxes keep what only leads into the frames, or only out, beside them."""
    weighted = [(one, other, 1) for one, other in pairs]
    before, after = _closure(pairs, inside, backwards=True), _closure(pairs, inside, backwards=False)
    weighted += [(each, _START, 1) for each in sorted(before - after - inside)]
    weighted += [(_START, each, 0) for each in sorted(inside)]
    weighted += [(each, _END, 0) for each in sorted(inside)]
    return weighted + [(_END, each, 1) for each in sorted(after - before - inside)]


def _closure(pairs: list[tuple[str, str]], start: set[str], *, backwards: bool) -> set[str]:
    following: dict[str, list[str]] = defaultdict(list)
    for one, other in pairs:
        following[other if backwards else one].append(one if backwards else other)
    pending, seen = sorted(start), set(start)
    while pending:
        for name in following.get(pending.pop(), ()):
            if name not in seen:
                seen.add(name)
                pending.append(name)
    return seen


def _longest(order: list[str], pairs: list[tuple[str, str, int]]) -> dict[str, int]:
    """Longest way from the left, by Kahn's algorithm."""
    placed = dict.fromkeys([*order, _START, _END], 0)
    missing: dict[str, int] = defaultdict(int)
    following: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for one, other, weight in pairs:
        missing[other] += 1
        following[one].append((other, weight))
    pending = [name for name in placed if not missing[name]]
    while pending:
        name = pending.pop()
        for other, weight in following[name]:
            placed[other] = max(placed[other], placed[name] + weight)
            missing[other] -= 1
            if not missing[other]:
                pending.append(other)
    return placed


def _pulled(order: list[str], placed: dict[str, int], pairs: list[tuple[str, str]], inside: set[str]) -> dict[str, int]:
    """Boxes with more flows out than in move right, next to what they lead to."""
    into: dict[str, list[str]] = defaultdict(list)
    out: dict[str, list[str]] = defaultdict(list)
    for one, other in pairs:
        out[one].append(other)
        into[other].append(one)
    for name in sorted(order, key=lambda each: (-placed[each], each)):
        if len(out[name]) > len(into[name]):
            limit = min(placed[each] for each in out[name]) - 1
            if name not in inside or not into[name]:
                placed[name] = max(placed[name], limit)
    return placed
