"""From a template to its picture."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from refarch.gate.picture import mermaid, svg
from refarch.gate.picture.layout import lay_out
from refarch.gate.picture.model import Diagram
from refarch.gate.picture.read import read
from refarch.gate.templates.template import Template, TemplateError

MOST_RESOURCES = 20_000
"""CloudFormation takes 500 in a template."""
_TYPES_NAMED = 8
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True)
class Picture:
    """One template's picture. The same template always gives the same bytes."""

    svg: str
    """A whole SVG file: no fonts, links or scripts; light or dark as the reader's device prefers."""
    mermaid: str
    """A flowchart in Mermaid's language."""
    caption: str
    """One sentence on what is not drawn; "" where everything is."""
    folded: Mapping[str, int]
    """Resources that are not drawn, by type."""
    diagram: Diagram
    """What is drawn, before it has a place."""


def draw(template: Template, *, title: str = "") -> Picture:
    """The picture of a template; `title` is by default the template's name.

    Raises `TemplateError` for more than 20,000 resources.
    """
    if len(template.resources) > MOST_RESOURCES:
        raise TemplateError(
            f"{template.name}: {len(template.resources):,} resources; up to {MOST_RESOURCES:,} are drawn"
        )
    diagram = read(template.content, title or template.name.rpartition("/")[2].partition(".")[0])
    caption = _caption(diagram.folded)
    return Picture(
        svg=svg.render(lay_out(diagram), diagram.title, caption, _description(diagram)),
        mermaid=mermaid.render(diagram, [caption] if caption else []),
        caption=caption,
        folded=diagram.folded,
        diagram=diagram,
    )


def _caption(folded: Mapping[str, int]) -> str:
    if not folded:
        return ""
    named = [f"{_plain(name)} ×{count}" if count > 1 else _plain(name) for name, count in folded.items()]
    rest = sum(list(folded.values())[_TYPES_NAMED:])
    more = [f"and {rest} more"] if rest else []
    return f"Not drawn: {', '.join([*named[:_TYPES_NAMED], *more])}."


def _plain(type_: str) -> str:
    parts = type_.split("::")
    return " ".join(
        ["custom" if parts[0] == "Custom" else parts[1] if len(parts) > 2 else "", *_WORDS.split(parts[-1])]
    ).strip()


def _description(diagram: Diagram) -> str:
    """The picture in words, for those who do not see it."""
    named = {each.id: each.title for each in diagram.nodes}
    flows = [f"{named[each.source]} → {named[each.target]} ({each.label or 'uses'})" for each in diagram.flows[:60]]
    return f"{len(diagram.nodes)} boxes. " + "; ".join(flows)
