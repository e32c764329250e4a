"""The policy rules inside `cdk synth`: a validation plugin of the CDK's own kind. One line turns it on:

    GateChecks.add_to(app)

A finding ends the synthesis; `Validations.of(construct).acknowledge(Acknowledgment(id="Gates::S3-TLS", reason=…))`
accepts it for that construct and what is inside it, and keeps the reason in validation-report.json.

The only module of the gate that needs aws_cdk; in an app of another language, run `refarch gate check cdk.out`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import jsii
from aws_cdk import (
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    PolicyValidationStack,
    PolicyViolatingResource,
    PolicyViolation,
    Stage,
    Validations,
)

from refarch import __version__
from refarch.gate.findings import Finding, Severity
from refarch.gate.policy import Profile, Settings, check, rules_of
from refarch.gate.policy.view import DEFAULT_REGION

NAME = "Gates"
"""Stands before the id of a rule when it is acknowledged: `Gates::S3-TLS`."""


@jsii.implements(IPolicyValidationPlugin)
class GateChecks:
    """The rules of a profile (`baseline`, the default, or `regulated`) for every stack of an app.

    `settings`: region (default: the stack's, or us-east-1), days that a runtime must have left (180), mandatory tags,
    managed policies that are allowed. `fail_on`: the least severity that ends the synthesis; default `warning`, so
    every finding does. Raises `ValueError` for a profile that is none.
    """

    def __init__(
        self,
        profile: Profile = "baseline",
        settings: Settings | None = None,
        *,
        fail_on: Severity | str = Severity.WARNING,
    ) -> None:
        self._rules = rules_of(profile)
        self._settings = settings
        self._fail_on = Severity(fail_on)

    @classmethod
    def add_to(cls, app: Stage, profile: Profile = "baseline", settings: Settings | None = None) -> GateChecks:
        """Adds the rules to an app or a stage, and gives the plugin."""
        plugin = cls(profile, settings)
        Validations.of(app).add_plugins(plugin)
        return plugin

    @property
    def name(self) -> str:
        return NAME

    @property
    def version(self) -> str:
        return __version__

    @property
    def rule_ids(self) -> list[str]:
        return [rule.id for rule in self._rules]

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Called by the CDK once the templates are written."""
        found = [
            (stack, each)
            for stack in context.stack_templates
            for each in self._check(stack.template_path, _region(stack.region))
        ]
        return PolicyValidationPluginReport(
            success=not any(each.severity.rank <= self._fail_on.rank for _, each in found),
            violations=[_violation(stack, each) for stack, each in found],
        )

    def _check(self, path: str, region: str) -> Iterable[Finding]:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        settings = self._settings or Settings(region=region)
        return check(content, settings=settings, name=Path(path).name, rules=self._rules)


def _region(given: str | None) -> str:
    """The stack's region; the default where it is decided at deployment."""
    return given if given and "${" not in given and given != "unknown-region" else DEFAULT_REGION


def _violation(stack: PolicyValidationStack, finding: Finding) -> PolicyViolation:
    where = [finding.path.replace(".", "/")] if finding.path else []
    return PolicyViolation(
        rule_name=finding.rule,
        description=finding.message,
        severity=finding.severity.value,
        fix=finding.remedy or None,
        violating_resources=[
            PolicyViolatingResource(
                resource_logical_id=finding.resource,
                template_path=stack.template_path,
                # The CDK finds the construct of a resource; a parameter is acknowledged at its stack.
                construct_path=None if finding.resource_type else stack.stack_construct_path,
                locations=where,
            )
        ],
    )
