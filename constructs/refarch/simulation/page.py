"""The part of a documentation page that the simulation writes: between two marks, and a picture beside the page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from refarch.simulation.cases import Case
from refarch.simulation.chart import chart
from refarch.simulation.outcome import Outcome
from refarch.simulation.table import as_markdown

PICTURE = "../images/ecs-spot-simulation.svg"
BEGIN = "<!-- simulation: written by `refarch spot simulate --page` -->"
END = "<!-- end of simulation -->"


class NoMarksError(ValueError):
    """A page without the two marks: nothing says where the figures belong."""


def write_page(page: Path, outcomes: Mapping[Case, Outcome]) -> None:
    """Writes the table into `page` and the chart to `PICTURE`, relative to it. Raises `NoMarksError`."""
    page.write_text(with_figures(page.read_text(), outcomes))
    (page.parent / PICTURE).write_text(chart(outcomes))


def with_figures(text: str, outcomes: Mapping[Case, Outcome]) -> str:
    """A page's text with these figures between its marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoMarksError(f"page has no marks, allowed: {BEGIN} and, below it, {END}")
    picture = f"![Failed requests with and without the responder, on 2 and on 12 pools]({PICTURE})"
    return "\n".join([f"{before}{begin}", "", picture, "", as_markdown(outcomes), "", f"{end}{after}"])
