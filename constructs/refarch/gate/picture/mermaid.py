"""A diagram as Mermaid: text that GitHub and GitLab draw, and that a review can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from refarch.gate.picture.icons import COLOURS
from refarch.gate.picture.model import Diagram, Flow, Node, Strength

_SHAPES = {
    "bucket": ("[(", ")]"),
    "clock": ("([", "])"),
    "database": ("[(", ")]"),
    "disk": ("[(", ")]"),
    "person": ("((", "))"),
    "queue": ("[[", "]]"),
    "rule": ("([", "])"),
    "table": ("[(", ")]"),
}
_PLAIN = ("[", "]")


def render(diagram: Diagram, caption: Sequence[str]) -> str:
    """The text, with what was left out as a comment."""
    number = {each.id: f"n{index}" for index, each in enumerate(diagram.nodes)}
    lines = ["flowchart LR", *(f"  %% {_comment(each)}" for each in caption)]
    for root in (each for each in diagram.clusters if not each.parent):
        lines.append(f'  subgraph {_frame_id(diagram, root.id)}["{_quoted(root.title)}"]')
        lines += [f"    {each}" for each in _boxes(diagram.nodes, root.id, number)]
        for inner in (each for each in diagram.clusters if each.parent == root.id):
            lines.append(f'    subgraph {_frame_id(diagram, inner.id)}["{_quoted(inner.title)}"]')
            lines += [f"      {each}" for each in _boxes(diagram.nodes, inner.id, number)]
            lines.append("    end")
        lines.append("  end")
    lines += [f"  {each}" for each in _boxes(diagram.nodes, "", number)]
    lines += [f"  {each}" for each in map(_arrow, diagram.flows, [number] * len(diagram.flows))]
    return "\n".join([*lines, *_classes(diagram, number)]) + "\n"


def _frame_id(diagram: Diagram, id_: str) -> str:
    return f"c{[each.id for each in diagram.clusters].index(id_)}"


def _boxes(nodes: Iterable[Node], cluster: str, number: dict[str, str]) -> Iterator[str]:
    for each in nodes:
        if each.cluster == cluster:
            start, end = _SHAPES.get(each.icon, _PLAIN)
            lower = f"<br/><small>{_quoted(each.subtitle)}</small>" if each.subtitle else ""
            yield f'{number[each.id]}{start}"{_quoted(each.title)}{lower}"{end}'


def _arrow(flow: Flow, number: dict[str, str]) -> str:
    line = "-.->" if flow.strength is Strength.SIDE else "-->"
    label = f'|"{_quoted(flow.label)}"|' if flow.label else ""
    return f"{number[flow.source]} {line}{label} {number[flow.target]}"


def _classes(diagram: Diagram, number: dict[str, str]) -> Iterator[str]:
    for colour in sorted({each.colour for each in diagram.nodes}):
        names = ",".join(number[each.id] for each in diagram.nodes if each.colour == colour)
        yield f"  classDef {colour} stroke:{COLOURS[colour]},stroke-width:2px"
        yield f"  class {names} {colour}"


def _quoted(text: str) -> str:
    """Inside double quotes: entities, in Mermaid's spelling, for what would end the text or make markup."""
    return "".join(each if each.isprintable() and each not in '"<>&#`\\;' else f"#{ord(each)};" for each in text)


def _comment(text: str) -> str:
    return "".join(each if each.isprintable() and each not in "{}%" else " " for each in text)
