"""Line charts as self-contained SVG: the same bytes for the same figures, readable without a program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

Points = Sequence[tuple[float, float]]
COLOURS: Final = ("#2b6a4d", "#b3261e", "#4f7cac", "#e39128", "#6b4fa0", "#555555")
WIDTH, HEIGHT = 380, 250
LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT = 58, 52, 296, 146


@dataclass(frozen=True)
class Chart:
    """Lines by their name. `labels`: words below the first and the last point, instead of numbers."""

    title: str
    x: str
    y: str
    lines: dict[str, Points]
    labels: tuple[str, str] = ("", "")
    straight: bool = False
    """Draws the straight line through the first two points of the first line, to see by eye what is linear."""


def page(charts: Sequence[Chart], *, columns: int = 2) -> str:
    """All charts in one picture, from left to right."""
    rows = -(-len(charts) // columns)
    width, height = columns * WIDTH, rows * HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="Helvetica, Arial, sans-serif" font-size="11" fill="#222222" role="img">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for number, chart in enumerate(charts):
        place = f"translate({number % columns * WIDTH} {number // columns * HEIGHT})"
        parts += [f'<g transform="{place}">', *_chart(chart), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _chart(chart: Chart) -> Iterator[str]:
    points = [point for line in chart.lines.values() for point in line]
    highest = max(y for _, y in points) * 1.08 or 1.0
    low, high = min(x for x, _ in points), max(x for x, _ in points)
    start = 0.0 if not chart.labels[1] else low
    yield _text(14, 22, chart.title, size=14, weight="bold")
    yield _text(14, 40, chart.y)
    for step in range(5):
        y = TOP + PLOT_HEIGHT * (1 - step / 4)
        yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{LEFT + PLOT_WIDTH}" y2="{y:.1f}" stroke="#dddddd"/>'
        yield _text(LEFT - 6, y + 4, f"{highest * step / 4:.3g}", anchor="end")
    yield _text(LEFT, TOP + PLOT_HEIGHT + 16, chart.labels[0] or f"{start:g}")
    yield _text(LEFT + PLOT_WIDTH, TOP + PLOT_HEIGHT + 16, chart.labels[1] or f"{high:g}", anchor="end")
    yield _text(LEFT + PLOT_WIDTH / 2, TOP + PLOT_HEIGHT + 16, chart.x, anchor="middle")

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - start) / (high - start) if high > start else 0.5
        return LEFT + PLOT_WIDTH * across, TOP + PLOT_HEIGHT * (1 - y / highest)

    if chart.straight:
        (x1, y1), (x2, y2), *_ = next(iter(chart.lines.values()))
        ends = [place(x, max(0.0, y1 + (y2 - y1) / (x2 - x1) * (x - x1))) for x in (low, high)]
        yield _line(ends, "#999999", ' stroke-dasharray="5 4"')
    x = float(LEFT)
    for colour, (name, line) in zip(COLOURS, chart.lines.items(), strict=False):
        placed = [place(*point) for point in line]
        yield _line(placed, colour)
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colour}"/>' for x, y in placed)
        if len(chart.lines) > 1:
            yield f'<rect x="{x:g}" y="{TOP + PLOT_HEIGHT + 26}" width="9" height="9" fill="{colour}"/>'
            yield _text(x + 13, TOP + PLOT_HEIGHT + 35, name)
            x += 24 + 5.6 * len(name)


def _line(points: Sequence[tuple[float, float]], colour: str, more: str = "") -> str:
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"{more}/>'


def _text(x: float, y: float, words: str, *, size: int = 11, weight: str = "", anchor: str = "") -> str:
    more = (f' font-weight="{weight}"' if weight else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}"{more}>{escape(words)}</text>'
