"""From what was examined to one report: acknowledgements taken away, the policies of the run applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from refarch.gate.acknowledgements import RULES as LIST_RULES
from refarch.gate.acknowledgements import Acknowledgement, apply
from refarch.gate.diff.engine import StackDiff
from refarch.gate.diff.findings import RULES as DIFF_RULES
from refarch.gate.diff.findings import failing as failing_change
from refarch.gate.diff.findings import findings_of
from refarch.gate.findings import Finding, Rule, Severity
from refarch.gate.policy import rules_of
from refarch.gate.reports import Report
from refarch.gate.whole.examine import Examined, Whole
from refarch.gate.whole.options import NEVER, Options
from refarch.gate.whole.parts import Part

TITLE = "refarch gate all"
PARTS = ("change", "policy", "typed")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One stack as the table and the page show it."""

    name: str
    verdict: str
    resources: int
    change: str
    findings: Mapping[str, tuple[Finding, ...]]
    failing: tuple[Finding, ...]
    acknowledged: tuple[tuple[Finding, Acknowledgement], ...]
    parts: Mapping[str, Part]


def report(whole: Whole, listed: Sequence[Acknowledgement]) -> Report:
    """One report over all stacks; `details["stacks"]` is what JSON shows of each.

    `listed` are the acknowledgements of the team's file; those of the app's own code are in `whole`.
    """
    from refarch.gate.typed import RULES as TYPED_RULES

    options = whole.options
    policy = [
        Rule(id=each.id, title=each.title, severity=each.severity, help=each.remedy)
        for each in rules_of(options.profile)
    ]
    rules = [*(DIFF_RULES if whole.compared else ()), *policy, *TYPED_RULES]
    found = {part: [each for stack in whole.stacks for each in stack.findings(part)] for part in PARTS}
    found["change"] += findings_of(StackDiff(name, removed=True) for name in whole.removed)
    given = [*listed, *(each for stack in whole.stacks for each in stack.given)]
    everything = [each for part in PARTS for each in found[part]]
    outcome = apply(everything, given, today=options.today, rules=[each.id for each in rules])
    failing = tuple(_failing(outcome.open, outcome.about_the_list, options))
    rows = _rows(whole, outcome.open, outcome.acknowledged, failing)
    return Report(
        title=TITLE,
        outcome=outcome,
        rules=[*rules, *LIST_RULES],
        failing=failing,
        notes=tuple(_notes(whole)),
        summary=_summary(rows, outcome.open, failing, len(outcome.acknowledged)),
        details={"stacks": [_json(row) for row in rows]},
        rows=rows,
    )


def _failing(found: Iterable[Finding], about_the_list: Iterable[Finding], options: Options) -> Iterator[Finding]:
    ordered = tuple(found)
    changed = set(failing_change(ordered, options.fail_on))
    for each in ordered:
        least = options.fail_on_typed if part_of(each) == "typed" else options.fail_on_policy
        if each in changed or (part_of(each) != "change" and _counts(each, least)):
            yield each
    yield from (each for each in about_the_list if _counts(each, options.fail_on_policy))


def _counts(finding: Finding, least: str) -> bool:
    return least != NEVER and finding.severity.rank <= Severity(least).rank


def part_of(finding: Finding) -> str:
    """Which part of the gate a finding is from."""
    if finding.rule.startswith("diff-"):
        return "change"
    return "typed" if finding.rule.startswith("TYPED-") else "policy"


def _rows(
    whole: Whole,
    found: Sequence[Finding],
    acknowledged: Sequence[tuple[Finding, Acknowledgement]],
    failing: Sequence[Finding],
) -> tuple[Row, ...]:
    rows = [_row(each, found, acknowledged, failing, whole.compared) for each in whole.stacks]
    gone = [
        Row(
            name=name,
            verdict="fail" if any(each.template == name for each in failing) else "pass",
            resources=0,
            change="no longer in the app",
            findings={"change": tuple(each for each in found if each.template == name)},
            failing=tuple(each for each in failing if each.template == name),
            acknowledged=tuple(each for each in acknowledged if each[0].template == name),
            parts={},
        )
        for name in whole.removed
    ]
    return (*rows, *gone)


def _row(
    stack: Examined,
    found: Sequence[Finding],
    acknowledged: Sequence[tuple[Finding, Acknowledgement]],
    failing: Sequence[Finding],
    compared: bool,
) -> Row:
    name = stack.stack.name
    mine = [each for each in found if each.template == name]
    broken = tuple(each for each in failing if each.template == name)
    return Row(
        name=name,
        verdict="fail" if broken else "pass",
        resources=len(stack.parts["facts"]["logical_ids"]),
        change=_change(stack.parts.get("change")) if compared else "",
        findings={part: tuple(each for each in mine if part_of(each) == part) for part in PARTS},
        failing=broken,
        acknowledged=tuple(each for each in acknowledged if each[0].template == name),
        parts=stack.parts,
    )


def _change(part: Part | None) -> str:
    if part is None:
        return ""
    stack = part["stack"]
    return "new" if stack["added"] else str(stack["verdict"]).replace("-", " ").replace("no op", "no change")


def _notes(whole: Whole) -> Iterator[str]:
    yield from whole.notes
    several = len(whole.stacks) > 1
    for stack in whole.stacks:
        for note in stack.parts.get("change", {}).get("notes", ()):
            yield f"{stack.stack.name}: {note}" if several else note
    missing = {part["missing"]: None for each in whole.stacks for part in each.parts.values() if part.get("missing")}
    yield from missing


def _summary(rows: Sequence[Row], found: Sequence[Finding], failing: Sequence[Finding], acknowledged: int) -> str:
    telling = sum(each.severity is not Severity.INFO for each in found)
    bad = sum(row.verdict == "fail" for row in rows)
    counted = f"{len(rows)} stack(s), {telling} finding(s), {acknowledged} acknowledged"
    failed = f"FAILED: {len(failing)} finding(s) in {bad} stack(s)" if failing else "Passed."
    return f"{counted}. {failed}"


def _json(row: Row) -> dict[str, Any]:
    """A stack for machines: the parts without their findings, which are in the report's own list, and pictures."""
    told = {
        name: {key: value for key, value in part.items() if key not in ("findings", "svg", "mermaid", "logical_ids")}
        for name, part in row.parts.items()
    }
    counts = {part: len(found) for part, found in row.findings.items()}
    return {
        "template": row.name,
        "verdict": row.verdict,
        "resources": row.resources,
        "change": row.change,
        "open": counts,
        "failing": len(row.failing),
        "acknowledged": len(row.acknowledged),
        "parts": told,
    }
