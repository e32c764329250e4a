"""Two apps in, a report out: what the command line, the pytest plugin and a team's own script have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from refarch.gate.acknowledgements import RULES as LIST_RULES
from refarch.gate.acknowledgements import Outcome, apply, load
from refarch.gate.diff.engine import StackDiff, compare_all
from refarch.gate.diff.findings import RULES, FailOn, failing, findings_of
from refarch.gate.diff.verdicts import Verdict
from refarch.gate.findings import Severity
from refarch.gate.reports import Report
from refarch.gate.templates import Template

_RULE_IDS = tuple(rule.id for rule in RULES)


def report(
    old: Mapping[str, Template],
    new: Mapping[str, Template],
    *,
    fail_on: Iterable[FailOn] = (FailOn.DATA_LOSS,),
    acknowledgements: Path | None = None,
    today: date,
    parameters: Mapping[str, str] | None = None,
    everything: bool = True,
    title: str = "refarch gate diff",
) -> Report:
    """Compare, take away what is acknowledged, judge. `everything` shows updates and additions too.

    Raises `TemplateError` and `AcknowledgementError` for input that cannot be used.
    """
    diffs = compare_all(old, new, parameters=parameters)
    listed = load(acknowledgements) if acknowledgements else ()
    outcome = apply(findings_of(diffs), listed, today=today, rules=_RULE_IDS)
    failed = failing(outcome.open, fail_on)
    shown = outcome if everything else _telling(outcome, set(failed))
    return Report(
        title=title,
        outcome=shown,
        rules=(*RULES, *LIST_RULES),
        failing=failed,
        notes=tuple(dict.fromkeys(_note(diff, note, len(diffs)) for diff in diffs for note in diff.notes)),
        summary=_summary(diffs, failed, outcome),
        details={"stacks": [stack_json(diff) for diff in diffs]},
    )


def _telling(outcome: Outcome, failed: set[Any]) -> Outcome:
    kept = tuple(each for each in outcome.open if each.severity is not Severity.INFO or each in failed)
    return Outcome(kept, outcome.acknowledged, outcome.about_the_list)


def _note(diff: StackDiff, note: str, count: int) -> str:
    return f"{diff.name}: {note}" if count > 1 else note


def _summary(diffs: Sequence[StackDiff], failed: Sequence[Any], outcome: Outcome) -> str:
    counts = Counter(change.verdict for diff in diffs for change in diff.changes)
    parts = [f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict] and verdict is not Verdict.NO_OP]
    if broadened := sum(len(diff.broadened) for diff in diffs):
        parts.append(f"{broadened} permission(s) broadened")
    said = ", ".join(parts) or "no change"
    accepted = f"; {len(outcome.acknowledged)} acknowledged" if outcome.acknowledged else ""
    return f"{said}{accepted}. {f'FAILED: {len(failed)} finding(s)' if failed else 'Passed.'}"


def stack_json(diff: StackDiff) -> dict[str, Any]:
    """A stack for machines."""
    return {
        "template": diff.name,
        "verdict": diff.verdict.name.lower().replace("_", "-"),
        "added": diff.added,
        "removed": diff.removed,
        "resources": [each.as_json() for each in diff.changes],
        "broadened": [vars(each) for each in diff.broadened],
        "exports": [{**vars(each), "importers": list(each.importers)} for each in diff.exports],
    }
