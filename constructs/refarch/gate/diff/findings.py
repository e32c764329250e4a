"""From a diff to findings, and which of them fail a build."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from refarch.gate.diff.engine import StackDiff
from refarch.gate.diff.exports import ExportChange
from refarch.gate.diff.verdicts import Change, Verdict
from refarch.gate.findings import Finding, Rule, Severity, in_order

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
_VERDICT_RULES = {
    Verdict.DATA_LOSS_REPLACE: Rule(id="diff-data-loss", title="Data is lost", severity=_ERROR),
    Verdict.DEPLOY_FAILS: Rule(id="diff-deploy-fails", title="The deployment will fail", severity=_ERROR),
    Verdict.MAY_LOSE_DATA: Rule(id="diff-may-lose-data", title="Data may be lost", severity=_ERROR),
    Verdict.REPLACE: Rule(id="diff-replace", title="A resource is replaced", severity=_WARNING),
    Verdict.RENAME: Rule(id="diff-rename", title="A logical id changed", severity=_WARNING),
    Verdict.DELETE: Rule(id="diff-delete", title="A resource is deleted", severity=_WARNING),
    Verdict.MAY_REPLACE: Rule(id="diff-may-replace", title="A resource may be replaced", severity=_WARNING),
    Verdict.ORPHAN: Rule(id="diff-orphan", title="A resource is left behind, outside the stack", severity=_WARNING),
    Verdict.UPDATE: Rule(id="diff-update", title="A resource is updated in place", severity=_INFO),
    Verdict.ADD: Rule(id="diff-add", title="A resource is added", severity=_INFO),
}
_VERDICT_RULES[Verdict.DATA_LOSS_DELETE] = _VERDICT_RULES[Verdict.DATA_LOSS_REPLACE]
EXPORT_REMOVED = Rule(id="diff-export-removed", title="An export is removed", severity=_WARNING)
EXPORT_CHANGED = Rule(id="diff-export-changed", title="An export changes its value", severity=_WARNING)
BROADENING = Rule(id="diff-broadening", title="Someone may do more", severity=_WARNING)
NOT_EXPANDED = Rule(id="diff-not-expanded", title="A loop or macro changed, and is not expanded", severity=_WARNING)
STACK_REMOVED = Rule(id="diff-stack-removed", title="A stack is no longer in the app", severity=_WARNING)
_OTHERS = (EXPORT_REMOVED, EXPORT_CHANGED, BROADENING, NOT_EXPANDED, STACK_REMOVED)
RULES: tuple[Rule, ...] = (*dict.fromkeys(_VERDICT_RULES.values()), *_OTHERS)
"""Every rule of the diff."""
_REMEDIES = {
    "diff-data-loss": "keep the old property, or set UpdateReplacePolicy and DeletionPolicy to Retain in an earlier "
    "deployment and move the data; acknowledge it where the data may go",
    "diff-may-lose-data": "find out from the property's documentation whether this change replaces; set "
    "UpdateReplacePolicy: Retain before",
    "diff-deploy-fails": "let CloudFormation choose the name, or change the name in the same step",
    "diff-rename": "keep the logical id (overrideLogicalId), or refactor the stack",
    "diff-orphan": "delete it by hand when nobody needs it, or import it again",
    "diff-export-removed": "deploy the importers without the import first; then remove the export",
    "diff-export-changed": "CloudFormation refuses to change what is imported: add an export of another name first",
    "diff-broadening": "let someone who may decide it review this",
    "diff-stack-removed": "delete the stack by hand (`cdk destroy`), or bring it back: a deployment leaves it alone",
    "diff-not-expanded": "compare the processed templates (aws cloudformation get-template --template-stage Processed)",
}


class FailOn(StrEnum):
    """What fails a build; a deployment that cannot succeed fails it for each of them but `never`."""

    NEVER = "never"
    DATA_LOSS = "data-loss"
    REPLACE = "replace"
    BROADENING = "broadening"
    ANY = "any"


_SURE = frozenset({"diff-deploy-fails"})
_DATA = _SURE | {"diff-data-loss", "diff-may-lose-data"}
_FAILING = {
    FailOn.NEVER: frozenset[str](),
    FailOn.DATA_LOSS: _DATA,
    FailOn.REPLACE: _DATA
    | {"diff-replace", "diff-may-replace", "diff-delete", "diff-rename", "diff-orphan", "diff-not-expanded"}
    | {EXPORT_REMOVED.id, EXPORT_CHANGED.id},
    FailOn.BROADENING: _SURE | {BROADENING.id, NOT_EXPANDED.id},
    FailOn.ANY: frozenset(rule.id for rule in RULES),
}


def failing(findings: Iterable[Finding], policies: Iterable[FailOn]) -> tuple[Finding, ...]:
    """The findings that fail a build under any of these policies."""
    rules = frozenset[str]().union(*(_FAILING[policy] for policy in policies))
    return tuple(finding for finding in findings if finding.rule in rules)


def findings_of(diffs: Iterable[StackDiff]) -> tuple[Finding, ...]:
    """Everything worth a look, the worst first."""
    return in_order(finding for diff in diffs for finding in _findings(diff))


def _findings(diff: StackDiff) -> Iterator[Finding]:
    if diff.removed:
        yield _finding(
            STACK_REMOVED, diff.name, message="the stack is not in the new app: a deployment leaves it as it is"
        )
    for change in diff.changes:
        if change.verdict is not Verdict.NO_OP:
            yield _of_change(change, diff.name)
    for each in diff.broadened:
        message = f"{each.subject} {each.text}"
        yield _finding(BROADENING, diff.name, each.resource, each.resource_type, message=message, source="template")
    yield from (_of_export(each, diff.name) for each in diff.exports)
    for name in diff.unexpanded:
        yield _finding(NOT_EXPANDED, diff.name, name, message=f"{name} changed; what it makes is not seen", path=name)


def _of_change(change: Change, template: str) -> Finding:
    rule = _VERDICT_RULES[change.verdict]
    telling = [each for each in change.reasons if each.text] or []
    texts = list(dict.fromkeys(f"{each.path}: {each.text}" if each.path else each.text for each in telling))
    path = next((each.path for each in telling if each.path), change.paths[0] if change.paths else "")
    shown = ", ".join(change.paths[:6]) + (f" and {len(change.paths) - 6} more" if len(change.paths) > 6 else "")
    changed = f" ({shown})" if shown else ""
    when = f" when {change.when}" if change.when else ""
    sources = dict.fromkeys(each.source for each in change.reasons if each.source)
    return _finding(
        rule,
        template,
        change.logical_id,
        change.resource_type,
        message=f"{change.verdict}{when}{changed}" + (f": {'; '.join(texts[:8])}" if texts else ""),
        path=path,
        source="; ".join(sources),
        details=tuple(texts),
    )


def _of_export(each: ExportChange, template: str) -> Finding:
    rule = EXPORT_REMOVED if each.removed else EXPORT_CHANGED
    if each.importers:
        who, severity = f"it is imported by {', '.join(each.importers)}: the deployment will fail", _ERROR
    else:
        who, severity = "if another stack imports it, the deployment will fail", rule.severity
    message = f"{each.name}: {each.why}; {who}"
    finding = _finding(rule, template, each.output, "Output", message=message, path=f"Outputs.{each.output}")
    return Finding(**{**vars(finding), "severity": severity})


def _finding(
    rule: Rule,
    template: str,
    resource: str = "",
    resource_type: str = "",
    *,
    message: str,
    path: str = "",
    source: str = "",
    details: tuple[str, ...] = (),
) -> Finding:
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        resource=resource,
        resource_type=resource_type,
        message=message,
        path=path,
        remedy=_REMEDIES.get(rule.id, ""),
        template=template,
        source=source,
        details=details,
    )
