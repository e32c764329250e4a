"""SARIF 2.1.0, which code hosts show beside the lines of a change."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from refarch import __version__
from refarch.gate.findings import Finding, Severity
from refarch.gate.reports.formats import Report

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def text(report: Report) -> str:
    """One run; acknowledged findings carry their reason as a suppression."""
    ids = [rule.id for rule in report.rules]
    results = [
        *(_result(each, ids) for each in (*report.outcome.open, *report.outcome.about_the_list)),
        *(
            {**_result(each, ids), "suppressions": [{"kind": "external", "justification": f"{by.owner}: {by.reason}"}]}
            for each, by in report.outcome.acknowledged
        ),
    ]
    driver = {"name": "refarch gate", "version": __version__, "rules": [_rule(rule) for rule in report.rules]}
    content = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "automationDetails": {"id": report.title}, "results": results}],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _rule(rule: Any) -> dict[str, Any]:
    described = {"id": rule.id, "shortDescription": {"text": rule.title}}
    described["defaultConfiguration"] = {"level": _LEVELS[rule.severity]}
    return {**described, "help": {"text": rule.help}} if rule.help else described


def _result(finding: Finding, ids: list[str]) -> dict[str, Any]:
    where = "/".join(part for part in (finding.resource, finding.path.replace(".", "/")) if part)
    told = f"{finding.message}. {finding.remedy}" if finding.remedy else finding.message
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.resource}: {told}" if finding.resource else told},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": finding.template or "template"},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"fullyQualifiedName": where or finding.template, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"refarch/v1": _fingerprint(finding)},
    }
    return {**result, "ruleIndex": ids.index(finding.rule)} if finding.rule in ids else result


def _fingerprint(finding: Finding) -> str:
    text = "\n".join((finding.rule, finding.template, finding.resource, finding.path, finding.message))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
