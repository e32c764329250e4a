"""The report that every check of the gate ends in, and the names of its forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import Any

from refarch.gate.acknowledgements import Outcome
from refarch.gate.findings import Finding, Rule

FORMATS = ("table", "json", "sarif", "junit", "markdown")
WHOLE_FORMATS = (*FORMATS, "html")
"""Of a report over a whole app."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a check found. `failing` are the open findings that fail the build; `details` go to JSON as they are."""

    title: str
    outcome: Outcome
    rules: Sequence[Rule]
    failing: Sequence[Finding] = ()
    notes: Sequence[str] = ()
    summary: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    rows: Sequence[Any] = ()
    """One a stack, where a report is over a whole app: `refarch.gate.whole.verdict.Row`."""

    @cached_property
    def failed(self) -> frozenset[Finding]:
        """For asking whether one finding fails the build."""
        return frozenset(self.failing)


def render(report: Report, form: str) -> str:
    """The report as text, ending in a line end. Raises `ValueError` for a form that is none."""
    allowed = WHOLE_FORMATS if report.rows else FORMATS
    if form not in allowed:
        raise ValueError(f"format {form!r} is unknown; allowed: {', '.join(allowed)}")
    text: Callable[[Report], str] = import_module(f"refarch.gate.reports.{form}").text
    return text(report)
