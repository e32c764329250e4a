"""The run's steps as a picture: boxes in the order of the work, coloured by state. Pure; SVG inside of the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from refarch.genomics.runs.model import SampleRun
from refarch.genomics.runs.words import duration

WIDTH, HEIGHT = 940, 210
_BOX_WIDTH, _BOX_HEIGHT = 168, 66
_PLACES: Mapping[str, tuple[float, float]] = {
    "align": (20, 72),
    "call": (276, 20),
    "annotate": (516, 20),
    "statistics": (276, 124),
    "quality gate": (752, 72),
}
_ARROWS = (
    ("align", "call"),
    ("align", "statistics"),
    ("call", "annotate"),
    ("annotate", "quality gate"),
    ("statistics", "quality gate"),
)
WORST_FIRST = (
    "FAILED",
    "NOT_PASSED",
    "RUNNING",
    "STARTING",
    "RUNNABLE",
    "PENDING",
    "SUBMITTED",
    "WAITING",
    "SUCCEEDED",
    "PASSED",
    "SKIPPED",
    "NOT_RUN",
)


def kind(state: str) -> str:
    """The style of a state: a few colours for many states."""
    if state in {"PASSED", "NOT_PASSED"}:
        return "succeeded" if state == "PASSED" else "failed"
    if state in {"FAILED", "SUCCEEDED", "SKIPPED", "RUNNING"}:
        return state.lower()
    return "waiting" if state in {"WAITING", "NOT_RUN"} else "queued"


def spoken(state: str) -> str:
    return state.lower().replace("_", " ")


def draw(samples: Sequence[SampleRun]) -> str:
    """The `<svg>` element for one sample, or for all of a cohort: then each box counts."""
    states = {name: _states(samples, name) for name in _PLACES}
    parts = [*_arrows(), *(part for name in _PLACES for part in _box(name, states[name], _seconds(samples, name)))]
    opening = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Steps of the run, with their states">'
    return "\n".join([opening, *parts, "</svg>"])


def gate_state(sample: SampleRun) -> str:
    """The gate as if it were a step."""
    if sample.quality:
        return "PASSED" if sample.quality.get("passed") else "NOT_PASSED"
    return "NOT_RUN" if sample.ended else "WAITING"


def _states(samples: Sequence[SampleRun], name: str) -> Counter[str]:
    if name == "quality gate":
        return Counter(gate_state(sample) for sample in samples)
    return Counter(sample.steps[name].state for sample in samples if name in sample.steps)


def _seconds(samples: Sequence[SampleRun], name: str) -> float | None:
    """The mean over the samples whose job ran."""
    found = [sample.steps[name].seconds for sample in samples if name in sample.steps and sample.steps[name].attempts]
    return sum(found) / len(found) if found else None


def _arrows() -> Iterator[str]:
    yield '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    yield '<path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>'
    for source, target in _ARROWS:
        (left, top), (right, bottom) = _PLACES[source], _PLACES[target]
        x, y, u, v = left + _BOX_WIDTH, top + _BOX_HEIGHT / 2, right, bottom + _BOX_HEIGHT / 2
        middle = u - 44
        yield f'<path class="arrow" marker-end="url(#tip)" d="M{x} {y}L{middle} {y}L{middle + 20} {v}L{u - 2} {v}"/>'


def _box(name: str, states: Counter[str], seconds: float | None) -> Iterator[str]:
    left, top = _PLACES[name]
    worst = next((state for state in WORST_FIRST if states[state]), "WAITING")
    yield f'<g class="{kind(worst)}"><title>{escape(_tooltip(name, states))}</title>'
    yield f'<rect class="box" x="{left}" y="{top}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="8"/>'
    for offset, style, text in ((20, "name", name), (38, "state", _said(states)), (56, "time", _time(seconds, states))):
        yield f'<text class="{style}" x="{left + 12}" y="{top + offset}">{escape(text)}</text>'
    yield "</g>"


def _said(states: Counter[str]) -> str:
    if states.total() <= 1:
        return spoken(next(iter(states), "WAITING"))
    present = [state for state in WORST_FIRST if states[state]]
    said = [f"{states[state]} {spoken(state)}" for state in present[:2]]
    return ", ".join(said) + (" …" if len(present) > 2 else "")


def _time(seconds: float | None, states: Counter[str]) -> str:
    if seconds is None:
        return ""
    return duration(seconds) if states.total() <= 1 else f"{duration(seconds)} on average"


def _tooltip(name: str, states: Counter[str]) -> str:
    return "\n".join([name, *(f"{count} {spoken(state)}" for state, count in states.most_common())])
