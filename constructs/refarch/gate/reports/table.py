"""For people: the worst first, what fails the build marked, in as many columns as the terminal has."""

from __future__ import annotations

import io
import os
import shutil

from rich.console import Console
from rich.table import Table
from rich.text import Text

from refarch.gate.findings import Finding, Severity
from refarch.gate.reports.cells import HEADINGS, cells, columns
from refarch.gate.reports.formats import Report

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "dim"}
_MIN_WIDTH = 100


def text(report: Report) -> str:
    """The table, then acknowledged findings, notes and the verdict."""
    to = io.StringIO()
    width = max(_MIN_WIDTH, shutil.get_terminal_size((120, 24)).columns)
    console = Console(file=to, width=width, force_terminal=bool(os.environ.get("FORCE_COLOR")), highlight=False)
    if report.rows:
        console.print(_stacks(report))
    findings = [each for each in (*report.outcome.open, *report.outcome.about_the_list) if _shown(report, each)]
    if findings:
        console.print(_table(report, findings))
    for finding, by in () if report.rows else report.outcome.acknowledged:
        line = f"acknowledged: {finding.rule} {finding.resource} by {by.owner} until {by.expires}: {by.reason}"
        console.print(Text(line, style="dim"))
    for note in report.notes:
        console.print(Text(f"note: {note}"))
    console.print(Text(report.summary or "nothing found"))
    return "\n".join(line.rstrip() for line in to.getvalue().splitlines()) + "\n"


def _shown(report: Report, finding: Finding) -> bool:
    """Over a whole app only what fails or might: the rest is in the page and in the forms for machines."""
    return not report.rows or finding in report.failed or finding.severity is not Severity.INFO


def _stacks(report: Report) -> Table:
    """One line a stack."""
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    shown = columns(report.rows)
    for index in shown:
        number = HEADINGS[index] in ("resources", "USD a month")
        table.add_column(HEADINGS[index], overflow="fold", justify="right" if number else "left")
    for row in report.rows:
        texts = cells(row)
        styles = {0: "bold red" if row.verdict == "fail" else "green", 1: "bold"}
        table.add_row(*(Text(texts[index], style=styles.get(index, "")) for index in shown))
    table.add_row(*("" for _ in shown))
    return table


def _table(report: Report, findings: list[Finding]) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, title=None)
    for name in ("", "rule", "resource", "what"):
        table.add_column(name, overflow="fold", ratio={"what": 5, "resource": 2}.get(name))
    several = len({each.template for each in findings}) > 1
    for each in findings:
        style = _STYLES[each.severity]
        mark = "FAIL" if each in report.failed else ""
        where = [each.resource, each.resource_type, each.template if several else ""]
        table.add_row(
            Text(mark, style="bold red"),
            Text(each.rule, style=style),
            Text("\n".join(part for part in where if part)),
            Text(each.message),
        )
    return table
