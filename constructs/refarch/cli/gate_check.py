"""`refarch gate check`: the policy rules on templates of any origin."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import click

from refarch.cli.gate_findings import USAGE_ERRORS, accepted, bad_input, finding_options, finish
from refarch.gate.acknowledgements import Acknowledgement
from refarch.gate.findings import Finding, Rule, Severity
from refarch.gate.policy import PROFILES, Profile, Settings, check, rules_of
from refarch.gate.policy.cdk_acknowledgements import acknowledged, metadata_of
from refarch.gate.policy.view import DEFAULT_REGION
from refarch.gate.templates import load


@click.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--profile", type=click.Choice(PROFILES), default="baseline", show_default=True)
@click.option("--region", default=DEFAULT_REGION, show_default=True, help="Decides which instance types exist.")
@click.option(
    "--runtime-days", type=click.IntRange(0), default=180, show_default=True, help="Life a runtime must have."
)
@click.option("--tag", "tags", multiple=True, metavar="KEY", help="A tag that every resource must carry.")
@click.option("--allow-managed", multiple=True, metavar="NAME", help="A policy managed by AWS that is fine.")
@finding_options(Severity.WARNING)
def check_command(
    paths: tuple[Path, ...],
    profile: Profile,
    region: str,
    runtime_days: int,
    tags: tuple[str, ...],
    allow_managed: tuple[str, ...],
    fail_on: str,
    form: str,
    output: Path | None,
    acknowledgements: Path,
) -> None:
    """Check templates by policy.

    PATHS are templates or folders (cdk.out: what the app acknowledged there by scope counts). Exit code 1 where a
    finding is left, 2 for bad input.
    """
    settings = Settings(
        region=region,
        today=date.today(),
        runtime_days=runtime_days,
        mandatory_tags=tags,
        allowed_managed_policies=allow_managed,
    )
    given = list(accepted(acknowledgements))
    findings: list[Finding] = []
    try:
        for path in paths:
            for name, template in load(path).items():
                found = check(template.content, profile=profile, settings=settings, name=name)
                findings += found
                given += _of_the_app(path / name if path.is_dir() else path, found)
    except USAGE_ERRORS as error:
        raise bad_input(error) from None
    finish(f"policy ({profile})", findings, _rules(profile), given, fail_on=fail_on, form=form, output=output)


def _of_the_app(path: Path, found: Iterable[Finding]) -> Iterable[Acknowledgement]:
    return acknowledged(metadata_of(path), found, f"{path.name} (CDK)")


def _rules(profile: Profile) -> list[Rule]:
    return [Rule(id=each.id, title=each.title, severity=each.severity, help=each.remedy) for each in rules_of(profile)]
