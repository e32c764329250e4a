"""`refarch gate typed`: the second reading, through troposphere's classes."""

from __future__ import annotations

from pathlib import Path

import click

from refarch.cli.gate_findings import USAGE_ERRORS, accepted, bad_input, finding_options, finish
from refarch.gate.findings import Finding, Severity
from refarch.gate.templates import load


@click.command("typed")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--cdk-database",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="db.json.gz of the CDK's command line.  [default: node_modules/aws-cdk/db.json.gz, where it is]",
)
@finding_options(Severity.ERROR)
def typed(
    paths: tuple[Path, ...],
    cdk_database: Path | None,
    fail_on: str,
    form: str,
    output: Path | None,
    acknowledgements: Path,
) -> None:
    """Read templates back through an implementation that shares no code with the CDK.

    PATHS are templates or folders. Differences, unknown types, and what troposphere, the official schemas and the
    CDK's database disagree on are findings. Exit code 1 where a failing one is left, 2 for bad input.
    """
    given = accepted(acknowledgements)
    try:
        from refarch.gate.typed import RULES, all_voices, read

        voices = all_voices(cdk_database)
        findings: list[Finding] = []
        for path in paths:
            for name, template in load(path).items():
                findings += read(template.content, name=name, voices=voices)
    except USAGE_ERRORS as error:
        raise bad_input(error) from None
    title = f"typed second reading ({', '.join(voice.name for voice in voices)})"
    finish(title, findings, RULES, given, fail_on=fail_on, form=form, output=output)
