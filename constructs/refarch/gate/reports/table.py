"""For people: the worst first, what fails the build marked, in as many columns as the terminal has."""

from __future__ import annotations

import io
import os
import shutil

from rich.console import Console
from rich.table import Table
from rich.text import Text

from refarch.gate.findings import Finding, Severity
from refarch.gate.reports.formats import Report

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "dim"}
_MIN_WIDTH = 100


def text(report: Report) -> str:
    """The table, then acknowledged findings, notes and the verdict."""
    to = io.StringIO()
    width = max(_MIN_WIDTH, shutil.get_terminal_size((120, 24)).columns)
    console = Console(file=to, width=width, force_terminal=bool(os.environ.get("FORCE_COLOR")), highlight=False)
    findings = [*report.outcome.open, *report.outcome.about_the_list]
    if findings:
        console.print(_table(report, findings))
    for finding, by in report.outcome.acknowledged:
        line = f"acknowledged: {finding.rule} {finding.resource} by {by.owner} until {by.expires}: {by.reason}"
        console.print(Text(line, style="dim"))
    for note in report.notes:
        console.print(Text(f"note: {note}"))
    console.print(Text(report.summary or "nothing found"))
    return "\n".join(line.rstrip() for line in to.getvalue().splitlines()) + "\n"


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
