"""Runs the rules over a template. Pure: no AWS, no CDK, no files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from refarch.gate.findings import Finding, Severity, in_order
from refarch.gate.policy.model import Fault, Profile, Rule
from refarch.gate.policy.registry import rules_of
from refarch.gate.policy.view import Settings, Template

RULE_FAILED = "RULE-FAILED"
MAX_FINDINGS = 2_000
"""Findings a rule and template: a machine-made template could have a hundred thousand."""


def check(
    content: Mapping[str, Any],
    *,
    profile: Profile = "baseline",
    settings: Settings | None = None,
    name: str = "",
    rules: Iterable[Rule] | None = None,
) -> tuple[Finding, ...]:
    """Findings of a template (as parsed by `refarch.gate.templates`), the worst first.

    A value that is decided at deployment is no finding. `rules`: others than those of the profile. A rule that cannot
    cope with a template is a finding of its own, `RULE-FAILED`, and never ends the run. Raises `ValueError` for a
    profile that is none, `ModuleNotFoundError` where cfn-lint's data is missing.
    """
    template = Template(content, settings)
    found = [each for rule in (rules or rules_of(profile)) for each in _findings(rule, template, name)]
    return in_order(found)


def _findings(rule: Rule, template: Template, name: str) -> Iterator[Finding]:
    try:
        for count, fault in enumerate(rule.check(template)):
            if count >= MAX_FINDINGS:
                break
            yield _finding(rule, fault, template, name)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError, IndexError) as error:
        message = f"{rule.id} could not read this template ({type(error).__name__}: {error})"
        yield Finding(rule=RULE_FAILED, severity=Severity.WARNING, message=message, template=name, source="refarch")


def _finding(rule: Rule, fault: Fault, template: Template, name: str) -> Finding:
    resource = template.resources.get(fault.resource)
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        message=fault.message,
        resource=fault.resource,
        resource_type=resource.type if resource else "",
        path=f"Properties.{fault.path}" if fault.path else "",
        remedy=rule.remedy,
        template=name,
        source=rule.anchor,
    )
