"""A comment for a pull request: what fails the build first, the harmless folded away."""

from __future__ import annotations

import re
from collections.abc import Sequence

from refarch.gate.findings import Finding, Severity
from refarch.gate.reports.cells import HEADINGS, cells, columns
from refarch.gate.reports.formats import Report

_MAX_ROWS = 200
_CELL = 400
_UNSAFE = re.compile(r"[`|\s]+")
_MARKS = {Severity.ERROR: "🛑", Severity.WARNING: "⚠️", Severity.INFO: "ℹ️"}


def text(report: Report) -> str:
    """Markdown as GitHub and GitLab show it; cut after 200 rows, for comments have a limit."""
    telling = [each for each in report.outcome.open if each.severity is not Severity.INFO]
    harmless = [each for each in report.outcome.open if each.severity is Severity.INFO and each not in report.failed]
    telling += [each for each in report.outcome.open if each.severity is Severity.INFO and each in report.failed]
    parts = [f"### {_plain(report.title)}", _plain(report.summary)]
    if report.rows:
        parts.append(_stacks(report))
    if telling or report.outcome.about_the_list:
        parts.append(_table(report, [*telling, *report.outcome.about_the_list]))
    if report.outcome.acknowledged:
        lines = [
            f"- `{each.rule}` {_code(each.resource)}: {_plain(by.reason)} ({_plain(by.owner)}, until {by.expires})"
            for each, by in report.outcome.acknowledged[:_MAX_ROWS]
        ]
        parts.append(_folded(f"{len(report.outcome.acknowledged)} acknowledged", "\n".join(lines)))
    if harmless:
        parts.append(_folded(f"{len(harmless)} harmless", _table(report, harmless)))
    parts += [f"> {_plain(note)}" for note in report.notes]
    return "\n\n".join(part for part in parts if part) + "\n"


def _stacks(report: Report) -> str:
    """One line a stack."""
    shown = columns(report.rows)
    lines = [" | ".join(HEADINGS[index] for index in shown), " | ".join("---" for _ in shown)]
    for row in report.rows[:_MAX_ROWS]:
        texts = {**dict(enumerate(cells(row))), 0: "❌" if row.verdict == "fail" else "✅"}
        lines.append(" | ".join(_plain(texts[index]) for index in shown))
    return "\n".join(f"| {line} |" for line in lines)


def _table(report: Report, findings: Sequence[Finding]) -> str:
    rows = ["| | rule | resource | what |", "|---|---|---|---|"]
    for each in findings[:_MAX_ROWS]:
        mark = "❌" if each in report.failed else _MARKS[each.severity]
        who = f"{_code(each.resource)}<br>{_plain(each.resource_type)}" if each.resource else _code(each.template)
        rows.append(f"| {mark} | `{each.rule}` | {who} | {_plain(each.message)} |")
    if len(findings) > _MAX_ROWS:
        rows.append(f"| | | | and {len(findings) - _MAX_ROWS} more |")
    return "\n".join(rows)


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{content}\n\n</details>"


def _code(text: str) -> str:
    return f"`{_UNSAFE.sub(' ', text)[:_CELL]}`" if text else ""


def _plain(text: str) -> str:
    """Nothing in a template's texts becomes markup, a mention or a line of its own."""
    short = text if len(text) <= _CELL else f"{text[:_CELL]}…"
    return re.sub(r"([\\`*_{}\[\]<>#|@~])", r"\\\1", " ".join(short.split()))
