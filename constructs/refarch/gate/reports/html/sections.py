"""One stack on the page: findings, what was accepted, picture, cost, deploy policy."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from typing import Any

from refarch.gate.acknowledgements import Acknowledgement
from refarch.gate.findings import Finding
from refarch.gate.reports.cells import Row, cost, counted
from refarch.gate.reports.formats import Report
from refarch.gate.reports.html.marks import Markup, folded, inner, table, tag

PARTS = {"change": "Change", "policy": "Policy", "typed": "Second reading"}
_HEADINGS = ("", "Rule", "Resource", "What, and what to do")
_MAX_ROWS = 1_000


def stack(report: Report, row: Row, anchor: str) -> Markup:
    """The section of a stack; open to jump to by its anchor."""
    title = tag("h2", [badge(row.verdict), " ", row.name], id=f"{anchor}-title")
    parts = [title, *_blocks(report, row)]
    return tag("section", parts, id=anchor, class_="stack", aria_labelledby=f"{anchor}-title", data_verdict=row.verdict)


def badge(verdict: str) -> Markup:
    """Says it in words: colour alone tells nothing to many."""
    return tag("span", {"fail": "Fails", "pass": "Passes"}[verdict], class_=f"badge {verdict}")


def _blocks(report: Report, row: Row) -> Iterator[Markup]:
    change = f"; change: {row.change}" if row.change else ""
    yield tag("p", f"{row.resources} resources{change}", class_="facts")
    yield from _picture(row)
    for part, name in PARTS.items():
        if found := row.findings.get(part):
            yield tag("h3", f"{name}: {counted(found)}")
            yield findings(report, found, f"{name} of {row.name}")
    if not any(row.findings.values()):
        yield tag("p", "Nothing to report.")
    if row.acknowledged:
        yield folded(f"{len(row.acknowledged)} accepted", accepted(row.acknowledged, f"Accepted in {row.name}"))
    yield from _cost(row)
    yield from _deploy_policy(row)


def findings(report: Report, found: Iterable[Finding], caption: str) -> Markup:
    """One row a finding; the filter of the page reads `data-severity`."""
    listed = tuple(found)
    rows = [_finding(report, each) for each in listed[:_MAX_ROWS]]
    if len(listed) > _MAX_ROWS:
        rows.append(tag("tr", tag("td", f"and {len(listed) - _MAX_ROWS} more, in the JSON report", colspan="4")))
    return table(_HEADINGS, rows, caption, class_="findings")


def _finding(report: Report, each: Finding) -> Markup:
    state = "fails" if each in report.failed else each.severity.value
    who = [tag("code", each.resource)] if each.resource else []
    who += [tag("div", each.resource_type, class_="minor")] if each.resource_type else []
    what = [tag("div", each.message)]
    what += [tag("div", [tag("b", "Remedy: "), each.remedy], class_="remedy")] if each.remedy else []
    where = "; ".join(part for part in (each.path, each.source) if part)
    what += [tag("div", where, class_="minor")] if where else []
    cells = [tag("span", state, class_=f"badge {state}"), tag("code", each.rule), inner(who), inner(what)]
    failing = "yes" if each in report.failed else "no"
    return tag("tr", [tag("td", cell) for cell in cells], data_severity=each.severity.value, data_failing=failing)


def accepted(found: Iterable[tuple[Finding, Acknowledgement]], caption: str) -> Markup:
    """What someone looked at, who, why, and until when."""
    rows = [
        [
            tag("code", each.rule),
            tag("code", each.resource),
            by.reason,
            by.owner,
            "no end (in code)" if by.expires.year == 9999 else f"{by.expires}",
        ]
        for each, by in found
    ]
    return table(("Rule", "Resource", "Reason", "Owner", "Until"), rows, caption)


def _picture(row: Row) -> Iterator[Markup]:
    part: dict[str, Any] = row.parts.get("picture", {})
    if svg := part.get("svg"):
        source = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
        image = Markup(f'<img src="{source}" alt="{_attribute(row.name)}">')
        more = (
            folded("The picture as Mermaid", tag("pre", part["mermaid"], tabindex="0")) if part.get("mermaid") else ""
        )
        yield folded("Picture", [tag("figure", image), more], is_open=True)


def _attribute(name: str) -> str:
    return inner(f"Architecture of {name}: the resources, where they are, and how data flows between them")


def _cost(row: Row) -> Iterator[Markup]:
    part: dict[str, Any] = row.parts.get("cost", {})
    if part.get("missing") or not part:
        return
    rows = [
        [tag("code", each["resource"]), inner(_item(each)), f"{each['idle']:,.2f}", f"{each['busy']:,.2f}"]
        for each in part["lines"]
    ]
    shown: list[Markup] = []
    if rows:
        headings = ("Resource", "What is paid", "Idle", "Busy")
        shown.append(table(headings, rows, f"Cost of {row.name}, USD a month", class_="cost"))
    left = [f"{each['count']} × {each['type']}: {each['why']}" for each in part["left_out"]]
    if left:
        shown.append(tag("p", "Not in it:"))
        shown.append(tag("ul", [tag("li", each) for each in left], class_="minor"))
    notes = [f"List prices of {part['region']} as of {part['as_of']}, not a quote.", *part["notes"]]
    notes.append(f"{part['free']} resources cost nothing themselves. ~: a price that no dated source confirms.")
    shown += [tag("p", each, class_="minor") for each in notes]
    yield folded(f"Cost: {cost(row)} USD a month", shown)


def _item(line: dict[str, Any]) -> Iterator[Markup]:
    mark = "" if line["confirmed"] else " ~"
    yield tag("div", f"{line['item']}{mark}")
    if line["note"]:
        yield tag("div", line["note"], class_="minor")


def _deploy_policy(row: Row) -> Iterator[Markup]:
    part: dict[str, Any] = row.parts.get("deploy-policy", {})
    if not part.get("documents"):
        return
    shown: list[Markup] = []
    for number, (document, size) in enumerate(zip(part["documents"], part["sizes"], strict=True), 1):
        shown.append(tag("p", f"Policy {number}: {size:,} of 6,144 characters", class_="minor"))
        shown.append(tag("pre", json.dumps(document, indent=1), tabindex="0"))
    if part["uncovered"]:
        shown.append(tag("p", f"No schema names the permissions of {', '.join(part['uncovered'])}: add them by hand."))
    yield folded(f"Deploy policy: the least a CI role needs ({len(part['documents'])} to attach)", shown)
