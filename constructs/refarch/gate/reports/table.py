"""For people: the worst first, what fails the build marked, in as many columns as the terminal has."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from refarch.gate.findings import Finding, Severity
from refarch.gate.reports.cells import HEADINGS, cells, columns
from refarch.gate.reports.formats import Report
from refarch.gate.reports.plain import table

_COLUMNS = ("", "rule", "resource", "what")
MAX_ROWS = 500
"""Nobody reads more in a terminal."""
_NUMBERS = ("resources", "USD a month")


def text(report: Report) -> str:
    """The table, then acknowledged findings, notes and the verdict; with colours only on a terminal."""
    if os.environ.get("FORCE_COLOR") or (sys.stdout.isatty() and not os.environ.get("NO_COLOR")):
        from refarch.gate.reports import colours

        return colours.text(report)
    parts = []
    if report.rows:
        shown = columns(report.rows)
        right = frozenset(n for n, index in enumerate(shown) if HEADINGS[index] in _NUMBERS)
        rows = [[cells(row)[index] for index in shown] for row in report.rows]
        parts += [table([HEADINGS[index] for index in shown], rows, right=right), ""]
    found = shown_findings(report)
    if found:
        parts.append(table(_COLUMNS, finding_rows(report, found[:MAX_ROWS])))
    if len(found) > MAX_ROWS:
        parts.append(f"… and {len(found) - MAX_ROWS} more: --format json, or a report in a file, holds them all")
    return "\n".join([*parts, *closing(report)]) + "\n"


def shown_findings(report: Report) -> list[Finding]:
    """What fails first. Over a whole app only what fails or might: the rest is in the page and for machines."""
    found = [*report.outcome.open, *report.outcome.about_the_list]
    if report.rows:
        found = [each for each in found if each in report.failed or each.severity is not Severity.INFO]
        found.sort(key=lambda each: (each not in report.failed, each.order))
    return found


def finding_rows(report: Report, found: Sequence[Finding]) -> list[list[str]]:
    """A mark, the rule, where, and what."""
    several = len({each.template for each in found}) > 1
    rows = []
    for each in found:
        where = [each.resource, each.resource_type, each.template if several else ""]
        mark = "FAIL" if each in report.failed else ""
        rows.append([mark, each.rule, "\n".join(part for part in where if part), each.message])
    return rows


def closing(report: Report) -> Iterator[str]:
    """What was accepted, what to know, and the verdict."""
    for finding, by in () if report.rows else report.outcome.acknowledged:
        yield f"acknowledged: {finding.rule} {finding.resource} by {by.owner} until {by.expires}: {by.reason}"
    yield from (f"note: {note}" for note in report.notes)
    yield report.summary or "nothing found"
