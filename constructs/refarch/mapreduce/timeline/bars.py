"""One bar: the rectangle of an attempt, its mark for a cold start, its words and its tooltip."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from refarch.mapreduce.timeline.model import Bar, Stage
from refarch.mapreduce.timeline.rows import Placed
from refarch.mapreduce.timeline.scale import GUTTER, RIGHT, WIDTH, Scale, text
from refarch.mapreduce.units import format_bytes, format_count, format_seconds

_LABELLED_ROW = 11.0
_THICK_ROW = 8.0
_SMALL_CHARACTER = 5.8


def draw_bar(stage: Stage, each: Placed, top: float, row: float, scale: Scale) -> Iterator[str]:
    bar = each.bar
    gap, radius = (1.5, 1.5) if row >= _THICK_ROW else (0.3, 0)
    y, height = top + each.row * row + gap / 2, row - gap
    left, width = scale.x(bar.start), max(1.0, scale.width(bar.end - bar.start))
    yield f"<g><title>{escape(describe(stage, bar))}</title>"
    yield (
        f'<rect class="{_kind(bar, row)}" x="{left:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" '
        f'rx="{radius}"/>'
    )
    if bar.cold_start and not bar.error:
        mark = min(4.0 if row >= _THICK_ROW else 2.0, width)
        yield f'<rect class="cold" x="{left:.2f}" y="{y:.2f}" width="{mark:.2f}" height="{height:.2f}"/>'
    if row >= _LABELLED_ROW:
        yield from _bar_label(bar, left, width, y + height / 2 + 3.5)
    yield "</g>"


def _kind(bar: Bar, row: float) -> str:
    """The bar's style. In thin rows every other task is lighter, so that neighbours in a lane can be told apart."""
    if bar.error:
        return "failed" if row >= _THICK_ROW else "failed solid"
    return "task light" if row < _THICK_ROW and bar.task_id % 2 else "task"


def _bar_label(bar: Bar, left: float, width: float, baseline: float) -> Iterator[str]:
    """What the bar stands for, in as many words as fit inside it, or beside it."""
    style = "failed-label" if bar.error else "on-bar"
    for label in _labels(bar):
        if width > len(label) * _SMALL_CHARACTER + 12:
            yield text(left + 8, baseline, label, f"small {style}")
            return
    label = _labels(bar)[0]
    room = len(label) * _SMALL_CHARACTER
    beside = "failed-label" if bar.error else "task-label"
    if bar.error and left - room > GUTTER:  # the next attempt follows on the right
        yield text(left - 5, baseline, label, f"small {beside} end")
    elif not bar.error and left + width + room < WIDTH - RIGHT:
        yield text(left + width + 5, baseline, label, f"small {beside}")


def _labels(bar: Bar) -> list[str]:
    """The longest first."""
    if bar.error:
        return [f"attempt {bar.attempt}: {bar.error.partition(':')[0]}"]
    name = f"{bar.task_id} · attempt {bar.attempt}" if bar.attempt > 1 else f"{bar.task_id}"
    duration = format_seconds(bar.end - bar.start)
    full = f"{name} · {duration} · {format_count(bar.rows)} rows"
    return [full, f"{name} · {duration}", name] if bar.attempt > 1 else [full]


def describe(stage: Stage, bar: Bar) -> str:
    """The tooltip of a bar."""
    facts = [
        f"{stage.unit} {bar.task_id}, attempt {bar.attempt}",
        f"{bar.start:.2f} s to {bar.end:.2f} s ({format_seconds(bar.end - bar.start)})",
    ]
    if bar.error:
        return "\n".join([*facts, f"failed: {bar.error}"])
    facts.append(f"{format_count(bar.rows)} rows, {format_bytes(bar.bytes)}")
    if bar.max_rss_mb is not None:
        facts.append(f"{bar.max_rss_mb:.0f} MB memory")
    return "\n".join([*facts, "cold start"] if bar.cold_start else facts)
