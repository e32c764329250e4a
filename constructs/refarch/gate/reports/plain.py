"""A table without colours, for pipes, files and CI: rich would cost a third of a whole diff there."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

MIN_WIDTH = 100
USUAL_WIDTH = 120
_GAP = 2


def width() -> int:
    """Columns of the terminal, or 120; at least 100."""
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given):
        return max(MIN_WIDTH, int(given))
    try:
        return max(MIN_WIDTH, os.get_terminal_size(sys.__stdout__.fileno()).columns)  # type: ignore[union-attr]
    except (AttributeError, OSError, ValueError):
        return USUAL_WIDTH


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> str:
    """Columns side by side; the last ones fold where the terminal ends. `right`: columns of numbers."""
    cells = [[each.split("\n") for each in row] for row in (headings, *rows)]
    widths = _fitted([max(len(line) for row in cells for line in row[n]) for n in range(len(headings))])
    lines = []
    for row in cells:
        folded = [[part for line in cell for part in _folded(line, widths[n])] for n, cell in enumerate(row)]
        for height in range(max(len(cell) for cell in folded)):
            texts = [cell[height] if height < len(cell) else "" for cell in folded]
            padded = [f"{text:>{widths[n]}}" if n in right else f"{text:<{widths[n]}}" for n, text in enumerate(texts)]
            lines.append((" " * _GAP).join(padded).rstrip())
    return "\n".join(lines)


def _fitted(widths: list[int]) -> list[int]:
    """The widest give first, to what is fair; none below what a word needs."""
    room = width() - _GAP * (len(widths) - 1)
    while sum(widths) > room and max(widths) > 12:
        widest = max(widths)
        second = max((each for each in widths if each < widest), default=12)
        many = widths.count(widest)
        lower = max(second, 12, widest - -(-(sum(widths) - room) // many))
        widths = [min(each, lower) for each in widths] if lower < widest else widths
        if lower == widest:
            break
    return widths


def _folded(text: str, room: int) -> list[str]:
    """At spaces; a word that is longer than the column is cut."""
    lines, current = [], ""
    for word in text.split(" "):
        if current and len(current) + 1 + len(word) > room:
            lines.append(current)
            current = word
        else:
            current = f"{current} {word}" if current else word
        while len(current) > room:
            lines.append(current[:room])
            current = current[room:]
    return [*lines, current]
