"""The same table on a terminal, by rich."""

from __future__ import annotations

import io

from rich.console import Console
from rich.table import Table
from rich.text import Text

from refarch.gate.findings import Severity
from refarch.gate.reports.cells import HEADINGS, cells, columns
from refarch.gate.reports.formats import Report
from refarch.gate.reports.plain import width
from refarch.gate.reports.table import MAX_ROWS, closing, finding_rows, shown_findings

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "dim"}


def text(report: Report) -> str:
    """With the escape codes of a terminal."""
    to = io.StringIO()
    console = Console(file=to, width=width(), force_terminal=True, highlight=False)
    if report.rows:
        console.print(_stacks(report))
    if shown_findings(report):
        console.print(_findings(report))
    for line in closing(report):
        console.print(Text(line, style="dim" if line.startswith("acknowledged") else ""))
    return "\n".join(line.rstrip() for line in to.getvalue().splitlines()) + "\n"


def _stacks(report: Report) -> Table:
    made = Table(box=None, padding=(0, 1), pad_edge=False)
    shown = columns(report.rows)
    for index in shown:
        number = HEADINGS[index] in ("resources", "USD a month")
        made.add_column(HEADINGS[index], overflow="fold", justify="right" if number else "left")
    for row in report.rows:
        styles = {0: "bold red" if row.verdict == "fail" else "green", 1: "bold"}
        made.add_row(*(Text(cells(row)[index], style=styles.get(index, "")) for index in shown))
    made.add_row(*("" for _ in shown))
    return made


def _findings(report: Report) -> Table:
    made = Table(box=None, padding=(0, 1), pad_edge=False)
    for name in ("", "rule", "resource", "what"):
        made.add_column(name, overflow="fold", ratio={"what": 5, "resource": 2}.get(name))
    found = shown_findings(report)[:MAX_ROWS]
    for each, (mark, rule, where, what) in zip(found, finding_rows(report, found), strict=True):
        made.add_row(Text(mark, style="bold red"), Text(rule, style=_STYLES[each.severity]), Text(where), Text(what))
    return made
