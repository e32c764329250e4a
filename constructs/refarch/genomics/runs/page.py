"""The run report: one HTML file that needs nothing else. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape

from refarch.genomics.runs.cost import POST_CLAIM_USD, Cost, Rates, run_cost, sample_cost, step_cost, total
from refarch.genomics.runs.model import STEPS, Run, SampleRun, StepRun
from refarch.genomics.runs.picture import draw, gate_state, kind, spoken
from refarch.genomics.runs.style import STYLE
from refarch.genomics.runs.words import dollars, duration, memory

METRICS = (
    ("reads", "reads", "{:,.0f}"),
    ("mappedPercentage", "mapped", "{:.1f} %"),
    ("properlyPairedPercentage", "paired", "{:.1f} %"),
    ("errorRate", "error rate", "{:.4f}"),
    ("meanQuality", "quality", "{:.1f}"),
    ("meanCoverage", "coverage", "{:.1f}"),
    ("variants", "variants", "{:,.0f}"),
)


def render(run: Run, rates: Rates, now: float) -> str:
    """The page. `now`: seconds since 1970, for a run that goes on."""
    body = [
        *_head(run, now),
        *_tiles(run, rates, now),
        "<h2>Steps</h2>",
        draw(run.samples),
        *_samples(run, rates),
        *_failures(run),
        *_quality(run.samples),
        *_costs(run, rates),
    ]
    title = f"Genomics run {escape(run.name)}"
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head><body>\n'
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _head(run: Run, now: float) -> Iterator[str]:
    what = f"Cohort of {run.total}" if run.is_cohort else f"Sample {run.samples[0].sample}"
    yield f"<h1>{escape(what)} {badge(run.state)}</h1>"
    began = datetime.fromtimestamp(run.start, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    yield f'<p class="quiet small">{escape(run.execution)}<br>began {began}</p>'
    if run.error:
        yield f"<p><b>{escape(run.error)}</b>: {escape(run.cause or 'no cause was given')}</p>"


def _tiles(run: Run, rates: Rates, now: float) -> Iterator[str]:
    cost = run_cost(run, rates)
    each = cost.spot / max(1, len(run.samples))
    claim = f"{dollars(each)} a sample; the posts: under {dollars(POST_CLAIM_USD)}"
    yield '<div class="tiles">'
    yield _tile("time", duration((run.end or now) - run.start), "from start to end" if run.end else "so far")
    if run.is_cohort:
        failed = run.count("FAILED")
        yield _tile("samples", f"{run.count('SUCCEEDED')} of {run.total}", f"succeeded, {failed} failed")
    yield _tile("cost on Spot, about", dollars(cost.spot), claim)
    yield _tile("cost On-Demand", dollars(cost.on_demand), f"{cost.vcpu_seconds / 3600:,.2f} vCPU hours")
    yield "</div>"


def _tile(name: str, value: str, more: str) -> str:
    words = f'<span class="quiet">{name}</span><b>{escape(value)}</b><span class="quiet small">{escape(more)}</span>'
    return f'<div class="tile">{words}</div>'


def badge(state: str, more: str = "") -> str:
    return f'<span class="badge {kind(state)}">{escape(spoken(state) + more)}</span>'


def _samples(run: Run, rates: Rates) -> Iterator[str]:
    yield "<h2>Samples</h2>"
    rows = [
        [
            escape(sample.sample),
            *(_step(sample.steps[name]) if name in sample.steps else "" for name in STEPS),
            badge(gate_state(sample)),
            escape(dollars(sample_cost(sample, rates).spot)),
        ]
        for sample in run.samples
    ]
    yield table(["sample", *STEPS, "quality gate", "#Spot"], rows)
    if len(run.samples) < run.total:
        yield f'<p class="quiet">{run.total - len(run.samples)} more have not begun.</p>'


def _step(step: StepRun) -> str:
    if not step.attempts:
        return badge(step.state)
    again = f", {len(step.attempts)} attempts" if len(step.attempts) > 1 else ""
    return f'{badge(step.state)} <span class="small">{duration(step.seconds)}{again}</span>'


def _failures(run: Run) -> Iterator[str]:
    failed = [sample for sample in run.samples if sample.error]
    again = [
        (sample.sample, name, attempt.reason, _code(attempt.exit_code), duration(attempt.seconds))
        for sample in run.samples
        for name, step in sample.steps.items()
        for attempt in (step.attempts if step.state == "FAILED" else step.attempts[:-1])
    ]
    if failed and run.is_cohort:  # a single sample's is at the top
        yield "<h2>Failures</h2>"
        rows = [[escape(each.sample), escape(each.error), escape(each.cause)] for each in failed]
        yield table(["sample", "error", "why"], rows)
    if again:
        yield "<h2>Attempts that failed</h2>"
        yield table(
            ["sample", "step", "reason", "#exit code", "#time"], [[escape(part) for part in row] for row in again]
        )


def _code(exit_code: int | None) -> str:
    return "–" if exit_code is None else str(exit_code)


def _quality(samples: Sequence[SampleRun]) -> Iterator[str]:
    judged = [sample for sample in samples if sample.quality]
    if not judged:
        return
    yield "<h2>Quality</h2>"
    rows = []
    for sample in judged:
        metrics = sample.quality.get("metrics", {})
        values = [pattern.format(metrics[key]) if metrics.get(key) is not None else "–" for key, _, pattern in METRICS]
        broken = [each for each in sample.quality.get("checks", ()) if not each["passed"]]
        said = "; ".join(f"{each['metric']} is {each['value']}, {each['rule']} {each['threshold']}" for each in broken)
        rows.append([escape(sample.sample), badge(gate_state(sample)), *values, escape(said)])
    yield table(["sample", "gate", *(f"#{name}" for _, name, _ in METRICS), "broken thresholds"], rows)


def _costs(run: Run, rates: Rates) -> Iterator[str]:
    yield "<h2>Cost by step</h2>"
    rows = [_cost_row(name, [s.steps[name] for s in run.samples if name in s.steps], rates) for name in STEPS]
    everything = run_cost(run, rates)
    rows.append(["<b>all</b>", "", "", "", *_money(everything)])
    yield table(["step", "#vCPUs", "#memory", "#time", "#On-Demand", "#Spot, about", "#Spot, range"], rows)
    yield (
        f'<p class="quiet small">{escape(rates.basis)}. Time of jobs only: that instances start and run empty, S3, '
        "logs and Step Functions come on top. List prices, no quote.</p>"
    )


def _cost_row(name: str, steps: Sequence[StepRun], rates: Rates) -> list[str]:
    ran = [step for step in steps if step.attempts]
    size = [f"{ran[0].vcpus:g}", memory(ran[0].memory_mib)] if ran else ["", ""]
    cost = total(step_cost(step, rates) for step in ran)
    return [name, *size, duration(sum(step.seconds for step in ran)) if ran else "", *_money(cost)]


def _money(cost: Cost) -> list[str]:
    same = dollars(cost.spot_least) == dollars(cost.spot_most)
    between = dollars(cost.spot_most) if same else f"{dollars(cost.spot_least)} to {dollars(cost.spot_most)}"
    return [escape(text) for text in (dollars(cost.on_demand), dollars(cost.spot), between)]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """An HTML table; a column whose name begins with # is of numbers. Cells are HTML already."""
    styles = [' class="number"' if name.startswith("#") else "" for name in header]
    head = "".join(f"<th{style}>{escape(name.lstrip('#'))}</th>" for name, style in zip(header, styles, strict=True))
    lines = [
        "<tr>" + "".join(f"<td{style}>{cell}</td>" for cell, style in zip(row, styles, strict=True)) + "</tr>"
        for row in rows
    ]
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n'
        + "\n".join(lines)
        + "\n</tbody></table></div>"
    )
