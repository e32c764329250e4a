"""JUnit XML: what fails the build fails, what is acknowledged is skipped, the rest passes with its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from refarch.gate.findings import Finding
from refarch.gate.reports.formats import Report

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(report: Report) -> str:
    """One suite, one case a finding; a suite without findings has one case that passes."""
    cases = list(_cases(report)) or [f'  <testcase classname={_quoted(report.title)} name="nothing found"/>']
    counts = f'tests="{len(cases)}" failures="{len(report.failing)}" skipped="{len(report.outcome.acknowledged)}"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="refarch gate" {counts}>',
        f" <testsuite name={_quoted(report.title)} {counts}>",
        *cases,
        " </testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _cases(report: Report) -> Iterator[str]:
    for each in (*report.outcome.open, *report.outcome.about_the_list):
        body = _escaped(f"{each.message}\n{each.remedy}".strip())
        if each in report.failed:
            inner = f"<failure type={_quoted(each.rule)} message={_quoted(each.message)}>{body}</failure>"
        else:
            inner = f"<system-out>{body}</system-out>"
        yield f"  <testcase {_named(each)}>{inner}</testcase>"
    for each, by in report.outcome.acknowledged:
        yield f"  <testcase {_named(each)}><skipped message={_quoted(f'{by.owner}: {by.reason}')}/></testcase>"


def _named(finding: Finding) -> str:
    name = " ".join(part for part in (finding.rule, finding.resource, finding.path) if part)
    return f"classname={_quoted(finding.template or 'template')} name={_quoted(name)}"


def _quoted(text: str) -> str:
    return quoteattr(_NOT_XML.sub("?", text))


def _escaped(text: str) -> str:
    return escape(_NOT_XML.sub("?", text))
