"""The comparison as one picture: self-contained SVG, the same bytes for the same figures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

from refarch.simulation.cases import Case
from refarch.simulation.outcome import BUCKET_SECONDS, CAUSES, CUT, DEAD, REFUSED, Outcome
from refarch.simulation.reclaims import SCENARIOS, STEADY, STORM
from refarch.simulation.run import LEAD_SECONDS

WIDTH, HEIGHT = 900, 640
COLOURS = {CUT: "#b3261e", DEAD: "#e39128", REFUSED: "#4f7cac"}
WORDS = {CUT: "cut while open", DEAD: "sent to an instance that was gone", REFUSED: "refused: no task had room"}
TITLES = {STEADY: "5 % of the fleet an hour, for 40 hours", STORM: "30 % of the fleet within five minutes"}
SUBTITLES = {STEADY: "one pool at a time", STORM: "of 2 pools one, of 12 four: a pool falls whole"}
_LEFT, _BARS_TOP, _ROW, _BAR = 178, 92, 34, 18
_PANEL = 236
_PLOT = (64, 330, 800, 230)  # left, top, width, height


def chart(outcomes: Mapping[Case, Outcome]) -> str:
    """An SVG document: bars of failed requests by cause, and the storm minute by minute."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        ' font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#222222" role="img"'
        ' aria-label="Failed requests with and without the responder, on 2 and on 12 pools">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(24, 30, "Requests that fail when EC2 reclaims Spot pools", size=18, weight="bold"),
        *_legend(),
        *(part for number, scenario in enumerate(SCENARIOS) for part in _bars(number, scenario, outcomes)),
        *_timeline({case: each for case, each in outcomes.items() if case.scenario == STORM}),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _text(x: float, y: float, words: str, *, size: int = 13, weight: str = "", anchor: str = "") -> str:
    more = (f' font-weight="{weight}"' if weight else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}"{more}>{escape(words)}</text>'


def _legend() -> Iterable[str]:
    x = 24.0
    for cause in CAUSES:
        yield f'<rect x="{x:g}" y="46" width="12" height="12" fill="{COLOURS[cause]}"/>'
        yield _text(x + 18, 57, WORDS[cause])
        x += 40 + 6.2 * len(WORDS[cause])


def _bars(number: int, scenario: str, outcomes: Mapping[Case, Outcome]) -> Iterable[str]:
    """A panel: one stacked bar a case, in failed requests for each million; each panel has its own scale."""
    mine = {case: each for case, each in outcomes.items() if case.scenario == scenario}
    left = _LEFT + number * (WIDTH - 24) / 2
    longest = max(each.a_million for each in mine.values()) or 1.0
    yield _text(left - 154, _BARS_TOP, TITLES[scenario], weight="bold")
    yield _text(left - 154, _BARS_TOP + 18, f"failed requests in a million; {SUBTITLES[scenario]}", size=12)
    for row, (case, each) in enumerate(mine.items()):
        y = _BARS_TOP + 32 + row * _ROW
        yield _text(left - 8, y + 13, f"{case.pools} pools, {'' if case.responder else 'no '}responder", anchor="end")
        x = left
        for cause in CAUSES:
            width = each.failed[cause] / each.requests * 1_000_000 / longest * (_PANEL - 60)
            if width:
                yield f'<rect x="{x:.1f}" y="{y:g}" width="{width:.1f}" height="{_BAR}" fill="{COLOURS[cause]}"/>'
            x += width
        yield _text(round(x + 6, 1), y + 13, f"{each.a_million:,.0f}")


def _timeline(storm: Mapping[Case, Outcome]) -> Iterable[str]:
    left, top, width, height = _PLOT
    last, peak = _scale(storm.values())
    yield _text(24, top - 34, "The storm: share of requests that fail, every ten seconds", weight="bold")
    for share in range(0, peak + 1, 10):
        y = top + height * (1 - share / peak)
        yield f'<line x1="{left}" y1="{y:g}" x2="{left + width}" y2="{y:g}" stroke="#dddddd"/>'
        yield _text(left - 8, y + 4, f"{share} %", anchor="end", size=12)
    for minute in range(0, int(last * BUCKET_SECONDS / 60) + 1, 2):
        x = left + width * minute * 60 / (last * BUCKET_SECONDS)
        yield _text(x, top + height + 18, f"{minute} min", anchor="middle", size=12)
    yield from _storm_band(last)
    for case, each in storm.items():
        yield _line(case, each, last, peak)
    yield from _keys(storm)


def _scale(storm: Iterable[Outcome]) -> tuple[int, int]:
    """How many buckets the plot has, and its highest percentage: the next ten over the worst."""
    outcomes = list(storm)
    last = max(bucket for each in outcomes for bucket in each.sent) + 1
    return last, max(10, math.ceil(max(each.worst for each in outcomes) * 10) * 10)


def _storm_band(last: int) -> Iterable[str]:
    left, top, width, height = _PLOT
    start, end = (left + width * seconds / (last * BUCKET_SECONDS) for seconds in (LEAD_SECONDS, LEAD_SECONDS + 300))
    yield f'<rect x="{start:.1f}" y="{top}" width="{end - start:.1f}" height="{height}" fill="#000000" opacity="0.05"/>'
    yield _text(start + 6, top + 16, "notices are sent", size=12)


def _colour(case: Case) -> str:
    return "#b3261e" if case.pools == 2 else "#2b6a4d"


def _dash(case: Case) -> str:
    return ' stroke-dasharray="7 4"' if case.responder else ""


def _line(case: Case, outcome: Outcome, last: int, peak: int) -> str:
    left, top, width, height = _PLOT
    points = []
    for bucket in range(last):
        share = outcome.series.get(bucket, 0) / outcome.sent[bucket] if outcome.sent.get(bucket) else 0.0
        points.append(f"{left + width * (bucket + 0.5) / last:.1f},{top + height * (1 - share * 100 / peak):.1f}")
    style = f'fill="none" stroke="{_colour(case)}" stroke-width="2"{_dash(case)}'
    return f'<polyline points="{" ".join(points)}" {style}/>'


def _keys(storm: Iterable[Case]) -> Iterable[str]:
    x, y = 64.0, 604
    for case in storm:
        stroke = f'stroke="{_colour(case)}" stroke-width="2"{_dash(case)}'
        yield f'<line x1="{x:g}" y1="{y}" x2="{x + 30:g}" y2="{y}" {stroke}/>'
        yield _text(x + 38, y + 4, case.label)
        x += 205
