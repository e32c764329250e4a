"""What a stack's line says, in words that the table, the comment and the page share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from refarch.gate.findings import Finding, Severity

Row = Any
_NAME = re.compile(r"\.template\.json$")
HEADINGS = ("", "stack", "resources", "change", "policy", "second reading", "deploy policy", "USD a month")


def cells(row: Row) -> tuple[str, ...]:
    """One text a heading; empty where the part was not asked for or is not installed."""
    return (
        "FAIL" if row.verdict == "fail" else "pass",
        _NAME.sub("", row.name),
        str(row.resources),
        row.change,
        counted(row.findings.get("policy", ()), _accepted(row)) if row.parts else "",
        counted(row.findings.get("typed", ())) if row.parts else "",
        deploy_policy(row),
        cost(row),
    )


def columns(rows: Iterable[Row]) -> list[int]:
    """The headings under which any stack has something to say."""
    texts = [cells(row) for row in rows]
    return [index for index in range(len(HEADINGS)) if any(each[index] for each in texts)]


def counted(found: Iterable[Finding], accepted: int = 0) -> str:
    """`2 errors, 1 warning, 3 accepted`, or `clean`."""
    return ", ".join(_counts(tuple(found), accepted)) or "clean"


def _counts(found: tuple[Finding, ...], accepted: int) -> Iterator[str]:
    for severity in Severity:
        if count := sum(each.severity is severity for each in found):
            yield f"{count} {severity.value}{'s' if count > 1 else ''}"
    if accepted:
        yield f"{accepted} accepted"


def _accepted(row: Row) -> int:
    return sum(not each.rule.startswith(("diff-", "TYPED-")) for each, _ in row.acknowledged)


def deploy_policy(row: Row) -> str:
    """How many managed policies, and for how many types actions are not known."""
    part = row.parts.get("deploy-policy")
    if not part or not part["documents"]:
        return "" if not part else "none"
    unknown = f", {len(part['uncovered'])} type(s) unknown" if part["uncovered"] else ""
    many = len(part["documents"])
    return f"{many} polic{'ies' if many > 1 else 'y'}{unknown}"


def cost(row: Row) -> str:
    """Idle to busy."""
    part = row.parts.get("cost")
    if not part or part.get("missing"):
        return ""
    return f"{part['idle_month']:,.2f} to {part['busy_month']:,.2f}"
