"""The comparison for people (a table) and for programs (JSON)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from refarch.simulation.assumptions import Assumptions
from refarch.simulation.cases import Case
from refarch.simulation.outcome import CAUSES, Outcome
from refarch.simulation.reclaims import STEADY

_HEAD = (
    "scenario",
    "pools",
    "responder",
    "instances lost",
    "requests",
    "cut while open",
    "sent to the dead",
    "refused",
    "failed in a million",
    "worst 10 s",
)


def as_table(outcomes: Mapping[Case, Outcome]) -> str:
    """Aligned columns, one line a case."""
    rows = [_HEAD, *(_row(case, outcome) for case, outcome in outcomes.items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ("  ".join(_cell(row[column], widths[column], column) for column in range(len(_HEAD))) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _cell(text: str, width: int, column: int) -> str:
    return text.ljust(width) if column == 0 else text.rjust(width)


def as_markdown(outcomes: Mapping[Case, Outcome]) -> str:
    """The same as a table of Markdown."""
    rows = [_HEAD, *(_row(case, outcome) for case, outcome in outcomes.items())]
    rule = "| --- |" + " ---: |" * (len(_HEAD) - 1)
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], rule, *lines[1:]])


def _row(case: Case, outcome: Outcome) -> tuple[str, ...]:
    return (
        "5 % an hour" if case.scenario == STEADY else "30 % in 5 minutes",
        str(case.pools),
        "yes" if case.responder else "no",
        str(outcome.reclaimed),
        f"{outcome.requests:,}",
        *(f"{outcome.failed[cause]:,}" for cause in CAUSES),
        f"{outcome.a_million:,.0f}",
        f"{outcome.worst:.0%}",
    )


def as_json(outcomes: Mapping[Case, Outcome], facts: Assumptions, seed: int) -> dict[str, Any]:
    """Every figure, with the assumptions and the seed that gave it."""
    return {
        "seed": seed,
        "assumptions": {**asdict(facts), "load": facts.load},
        "cases": [
            {
                **asdict(case),
                "requests": outcome.requests,
                "failed": dict(outcome.failed),
                "failed_in_a_million": outcome.a_million,
                "failed_a_reclaimed_instance": outcome.a_reclaimed_instance,
                "worst_ten_seconds": outcome.worst,
                "instances_reclaimed": outcome.reclaimed,
                "tasks_restarted": outcome.restarted,
            }
            for case, outcome in outcomes.items()
        ],
    }
