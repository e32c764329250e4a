"""The page around the chart: title, totals, legend, failures. One file, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from refarch.mapreduce.timeline.drawing import draw, uses_lanes
from refarch.mapreduce.timeline.model import Timeline
from refarch.mapreduce.timeline.style import STYLE
from refarch.mapreduce.units import format_bytes, format_count, format_dollars, format_seconds

MOST_FAILURES = 20


def render(timeline: Timeline) -> str:
    """The whole HTML document. The same timeline always gives the same bytes."""
    job = escape(timeline.job_id)
    lines = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f"<title>MapReduce job {job}</title>",
        f"<style>{STYLE}</style></head><body><main>",
        f'<header><h1>MapReduce job <b>{job}</b></h1><span class="state {timeline.state.lower()}">'
        f"{escape(timeline.state.lower())}</span></header>",
        *_reason(timeline),
        '<section class="totals">',
        *(f"<div><strong>{value}</strong><span>{name}</span></div>" for name, value in _totals(timeline)),
        "</section>",
        draw(timeline),
        _legend(timeline),
        *_failures(timeline),
        "</main></body></html>",
    ]
    return "\n".join(lines) + "\n"


def _reason(timeline: Timeline) -> Iterator[str]:
    if timeline.reason:
        yield f'<p class="reason">{escape(timeline.reason)}</p>'


def _totals(timeline: Timeline) -> Iterator[tuple[str, str]]:
    yield "rows", format_count(timeline.rows)
    yield "read" if timeline.state == "RUNNING" else "input", format_bytes(timeline.input_bytes)
    yield (
        "from start to result" if timeline.state == "SUCCEEDED" else "since the start",
        format_seconds(timeline.seconds),
    )
    if timeline.seconds > 0:
        yield "rows a second", format_count(timeline.rows / timeline.seconds)
    if timeline.gb_seconds is not None:
        yield "GB-seconds of Lambda", f"{timeline.gb_seconds:,.1f}"
    if timeline.dollars is not None:
        yield f"list price, {escape(timeline.prices_as_of or '')}", format_dollars(timeline.dollars)


def _legend(timeline: Timeline) -> str:
    seen = dict.fromkeys(stage.name for stage in timeline.stages)
    entries = [f'<span class="key {name}"><i class="task"></i>{name}</span>' for name in seen]
    if any(bar.cold_start for stage in timeline.stages for bar in stage.bars):
        entries.append('<span class="key"><i class="cold"></i>cold start</span>')
    if timeline.failures:
        thin = " solid" if uses_lanes(timeline) else ""
        entries.append(f'<span class="key"><i class="failed{thin}"></i>failed attempt</span>')
    meaning = "one row is a lane of tasks that follow each other" if uses_lanes(timeline) else "one row is one task"
    return f'<p class="legend">{"".join(entries)}<em>{meaning}; point at a bar for its details</em></p>'


def _failures(timeline: Timeline) -> Iterator[str]:
    failures = timeline.failures
    if not failures:
        return
    yield f"<h2>Failed attempts ({len(failures)})</h2>"
    yield "<table><tr><th>task</th><th>attempt</th><th>at</th><th>error</th></tr>"
    for stage, bar in failures[:MOST_FAILURES]:
        yield (
            f"<tr><td>{stage.name} {bar.task_id}</td><td>{bar.attempt}</td><td>{bar.end:.1f} s</td>"
            f"<td>{escape(bar.error or '')}</td></tr>"
        )
    yield "</table>"
    if len(failures) > MOST_FAILURES:
        yield f"<p>and {len(failures) - MOST_FAILURES} more</p>"
