"""The whole page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files

from refarch import __version__
from refarch.gate.findings import Severity
from refarch.gate.reports.cells import HEADINGS, Row, cells, columns
from refarch.gate.reports.formats import Report
from refarch.gate.reports.html.marks import Markup, inner, table, tag
from refarch.gate.reports.html.sections import badge, findings, stack

_STYLE, _SCRIPT = "page.css", "page.js"


def text(report: Report) -> str:
    """One file with everything in it: no request leaves the reader's machine, and no script but ours runs."""
    style, script = _asset(_STYLE), _asset(_SCRIPT)
    head = [
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">'),
        tag("title", f"{'Fails' if report.failing else 'Passes'}: {report.title}"),
        tag("style", Markup(style)),
    ]
    body = [
        tag("a", "To the stacks", href="#stacks", class_="skip"),
        _header(report),
        tag("main", list(_main(report)), id="stacks", tabindex="-1"),
        tag(
            "footer", f"refarch gate {__version__}. Offline: made from templates alone, with no account and no network."
        ),
        tag("script", Markup(script)),
    ]
    page = tag("html", [tag("head", head), tag("body", body)], lang="en")
    return f"<!doctype html>\n{page}\n"


def _asset(name: str) -> str:
    return files("refarch.gate.reports.html").joinpath(name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Nothing loads, nothing runs but what is in the page: a template's text least of all."""
    hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in (style, script)]
    return f"default-src 'none'; img-src data:; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'"


def _header(report: Report) -> Markup:
    verdict = "fail" if report.failing else "pass"
    boxes = [_box("failing", "only what fails"), *(_box(each.value, f"{each.value}s", True) for each in Severity)]
    field = Markup('<label>Filter <input type="search" id="filter" placeholder="rule, resource, word"></label>')
    controls = [
        field,
        tag("fieldset", [tag("legend", "Show"), *boxes]),
        Markup('<button type="button" id="theme">Light or dark</button>'),
        Markup('<output id="count" for="filter" aria-live="polite"></output>'),
    ]
    title = tag("h1", [badge(verdict), " ", report.title])
    form = tag("form", controls, id="controls", hidden=True, role="search", aria_label="Filter the findings")
    return tag("header", [title, tag("p", report.summary), form])


def _box(name: str, label: str, checked: bool = False) -> Markup:
    return tag(
        "label", [Markup(f'<input type="checkbox" id="show-{name}"{" checked" if checked else ""}>'), f" {label}"]
    )


def _main(report: Report) -> Iterator[Markup]:
    anchors = {row.name: f"stack-{number}" for number, row in enumerate(report.rows, 1)}
    yield _overview(report, anchors)
    if report.notes:
        yield tag("ul", [tag("li", note) for note in report.notes], class_="notes")
    if about := report.outcome.about_the_list:
        title = tag("h2", "Acknowledgements that are unused or have expired")
        yield tag("section", [title, findings(report, about, "Unused and expired acknowledgements")])
    for row in report.rows:
        yield stack(report, row, anchors[row.name])


def _overview(report: Report, anchors: dict[str, str]) -> Markup:
    shown = columns(report.rows)
    lines = [tag("tr", list(_line(row, shown, anchors[row.name])), data_stack=anchors[row.name]) for row in report.rows]
    headings = ["" if not HEADINGS[index] else HEADINGS[index].capitalize() for index in shown]
    return table([each.replace("Usd", "USD") for each in headings], lines, "All stacks", class_="overview")


def _line(row: Row, shown: list[int], anchor: str) -> Iterator[Markup]:
    texts: dict[int, str] = dict(enumerate(cells(row)))
    texts[0], texts[1] = badge(row.verdict), tag("a", texts[1], href=f"#{anchor}")
    for index in shown:
        yield tag("th", texts[index], scope="row") if index == 1 else tag("td", inner(texts[index]))
