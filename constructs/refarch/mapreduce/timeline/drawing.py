"""The chart as SVG: a strip of phases, the tasks by stage, how many ran at once, and the axis of seconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from refarch.mapreduce.timeline.bars import draw_bar
from refarch.mapreduce.timeline.model import Stage, Timeline
from refarch.mapreduce.timeline.rows import MOST_TASK_ROWS, Placed, place, row_height, running
from refarch.mapreduce.timeline.scale import GUTTER, RIGHT, WIDTH, Scale, text
from refarch.mapreduce.units import format_seconds

_STRIP = 28.0
_GAP = 16.0
_CURVE = 72.0
_AXIS = 34.0
_MIN_BAND = 34.0
_CHARACTER = 6.6
_MOST_CALLOUTS = 8
_PATTERN = (
    '<defs><pattern id="failed" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="failed-base" width="6" height="6"/><rect class="failed-line" width="2.5" height="6"/>'
    "</pattern></defs>"
)


@dataclass(frozen=True, slots=True)
class Band:
    """A stage with its place on the page: `top` and the height of a row."""

    stage: Stage
    placed: list[Placed]
    top: float
    rows: int
    row: float
    lanes: bool

    @property
    def height(self) -> float:
        """At least high enough for the stage's name and size."""
        return max(_MIN_BAND, self.rows * self.row)


def draw(timeline: Timeline) -> str:
    """The `<svg>` element."""
    ends = (bar.end for stage in timeline.stages for bar in stage.bars)
    scale = Scale(max([timeline.seconds, 0.001, *ends]))
    bands = _bands(timeline)
    top = bands[-1].top + bands[-1].height + _GAP if bands else _STRIP + _GAP
    bottom = top + _CURVE
    parts = [
        *(_background(band) for band in bands),
        *_axis(scale, bottom),
        *_strip(timeline, scale),
        *(part for band in bands for part in _band(band, scale)),
        *_curve(timeline, top, scale),
    ]
    title = f"Timeline of job {escape(timeline.job_id)}"
    opening = f'<svg viewBox="0 0 {WIDTH:.0f} {bottom + _AXIS:.0f}" role="img" aria-label="{title}">'
    return "\n".join([opening, _PATTERN, *parts, "</svg>"])


def _bands(timeline: Timeline) -> list[Band]:
    lanes, top, bands = uses_lanes(timeline), _STRIP + _GAP, []
    placed = [(stage, *place(stage, lanes=lanes)) for stage in timeline.stages]
    row = row_height(sum(rows for _, _, rows in placed))
    for stage, bars, rows in placed:
        bands.append(Band(stage, bars, top, rows, row, lanes))
        top += bands[-1].height + _GAP
    return bands


def uses_lanes(timeline: Timeline) -> bool:
    """Whether rows are lanes of several tasks: with more than two hundred tasks."""
    return sum(stage.tasks for stage in timeline.stages) > MOST_TASK_ROWS


def _strip(timeline: Timeline, scale: Scale) -> Iterator[str]:
    """The job's phases in one line: what the time went into."""
    yield text(GUTTER - 12, _STRIP / 2 + 4, "phases", "gutter end")
    for name, start, end in _phases(timeline):
        left, width = scale.x(start), max(0.0, scale.width(end - start))
        duration = format_seconds(end - start)
        label = f"{name} {duration}"
        yield (
            f'<g class="{name}"><title>{label}</title><rect class="phase" x="{left:.2f}" y="0" '
            f'width="{max(0.0, width - 1):.2f}" height="{_STRIP:.0f}" rx="3"/></g>'
        )
        fitting = [words for words in (label, duration) if width > len(words) * _CHARACTER + 14]
        if fitting:
            yield text(left + width / 2, _STRIP / 2 + 4, fitting[0], "on-bar middle")


def _phases(timeline: Timeline) -> Iterator[tuple[str, float, float]]:
    if not timeline.stages:
        return
    starts = [stage.start for stage in timeline.stages]
    yield "start", 0.0, starts[0]
    for stage, following in zip(timeline.stages, [*starts[1:], None], strict=True):
        yield stage.name, stage.start, stage.end if following is None else following
    if timeline.state != "RUNNING":
        yield "finish", timeline.stages[-1].end, max(timeline.seconds, timeline.stages[-1].end)


def _background(band: Band) -> str:
    return (
        f'<rect class="band {band.stage.name}" x="0" y="{band.top - 5:.2f}" width="{WIDTH - RIGHT + 8:.0f}" '
        f'height="{band.height + 10:.2f}" rx="4"/>'
    )


def _band(band: Band, scale: Scale) -> Iterator[str]:
    middle = band.top + band.height / 2
    yield f'<g class="{band.stage.name}">'
    yield text(14, middle - 1, band.stage.name, "stage")
    yield text(14, middle + 15, _about(band.stage), "gutter")
    top = band.top + (band.height - band.rows * band.row) / 2
    for each in band.placed:
        yield from draw_bar(band.stage, each, top, band.row, scale)
    if band.lanes:
        yield from _callouts(band, top, scale)
    yield "</g>"


def _callouts(band: Band, top: float, scale: Scale) -> Iterator[str]:
    """The first failed attempts by name, where rows are too thin for words."""
    failed = [each for each in band.placed if each.bar.error]
    for each in failed[:_MOST_CALLOUTS]:
        baseline = top + (each.row + 0.5) * band.row + 3.5
        label = f"{band.stage.unit} {each.bar.task_id}, attempt {each.bar.attempt}"
        yield text(scale.x(each.bar.end) + 5, baseline, label, "small callout")


def _about(stage: Stage) -> str:
    tasks = f"{stage.tasks:,} {stage.unit}{'s' if stage.tasks != 1 else ''}"
    return f"{tasks} · {format_seconds(stage.end - stage.start)}"


def _curve(timeline: Timeline, top: float, scale: Scale) -> Iterator[str]:
    """The number of tasks that ran at once, as an area."""
    steps = running(timeline.stages)
    peak = max((count for _, count in steps), default=0)
    yield text(14, top + _CURVE / 2, "running at once", "stage")
    yield text(14, top + _CURVE / 2 + 15, f"peak {peak:,}", "gutter")
    if not peak:
        return
    base, unit = top + _CURVE, (_CURVE - 6) / peak
    path, level = [f"M{GUTTER:.2f} {base:.2f}"], 0
    for moment, count in steps:
        path.append(f"L{scale.x(moment):.2f} {base - level * unit:.2f}V{base - count * unit:.2f}")
        level = count
    yield f'<path class="running" d="{"".join(path)}V{base:.2f}Z"/>'


def _axis(scale: Scale, bottom: float) -> Iterator[str]:
    for tick in scale.ticks():
        x = scale.x(tick)
        yield f'<line class="grid" x1="{x:.2f}" x2="{x:.2f}" y1="{_STRIP:.0f}" y2="{bottom:.2f}"/>'
        yield text(x, bottom + 16, f"{tick:g} s", "gutter middle")
    yield f'<line class="axis" x1="{GUTTER:.0f}" x2="{WIDTH - RIGHT:.0f}" y1="{bottom:.2f}" y2="{bottom:.2f}"/>'
