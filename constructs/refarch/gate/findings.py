"""What every check of the gate returns: one finding model, so that one table, one report and one list of
acknowledgements serve them all.

Pure: no AWS, no CDK. Renderers are in `refarch.gate.reports`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters, the worst first."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a check looks for: its id (`diff-data-loss`), a title, and how bad a finding is unless it says otherwise."""

    id: str
    title: str
    severity: Severity = Severity.ERROR
    help: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a person should look at.

    `resource` is a logical id, empty where a finding concerns the whole template; `path` is where below it
    (`Properties.KeySchema`); `remedy` says what is allowed or what to do; `template` names the file; `source` says
    whose word it is (a schema, a row of a reviewed table, the template itself).
    """

    rule: str
    severity: Severity
    message: str
    resource: str = ""
    resource_type: str = ""
    path: str = ""
    remedy: str = ""
    template: str = ""
    source: str = ""
    details: tuple[str, ...] = field(default=())

    @property
    def order(self) -> tuple[int, str, str, str, str, str]:
        """The worst first, then by place: output never depends on the order in which checks ran."""
        return (self.severity.rank, self.template, self.rule, self.resource, self.path, self.message)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings sorted, without those that say the same twice."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: finding.order))
