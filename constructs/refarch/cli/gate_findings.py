"""What the gate's commands that end in findings have in common: options, report, exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from refarch.gate.acknowledgements import FILE_NAME, Acknowledgement, AcknowledgementError, apply, load
from refarch.gate.acknowledgements import RULES as LIST_RULES
from refarch.gate.findings import Finding, Rule, Severity
from refarch.gate.reports import FORMATS, Report, render
from refarch.gate.templates import TemplateError

SEVERITIES = [each.value for each in Severity]
BAD_INPUT = 2


def finding_options(fail_on: Severity) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--fail-on`, `--format`, `--output` and `--acknowledgements`."""

    def added(command: Callable[..., Any]) -> Callable[..., Any]:
        options = (
            click.option(
                "--fail-on", type=click.Choice([*SEVERITIES, "never"]), default=fail_on.value, show_default=True
            ),
            click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True),
            click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the report there."),
            click.option(
                "--acknowledgements",
                type=click.Path(path_type=Path, dir_okay=False),
                default=FILE_NAME,
                show_default=True,
                help="Findings that were accepted.",
            ),
        )
        for option in reversed(options):
            command = option(command)
        return command

    return added


def accepted(path: Path) -> tuple[Acknowledgement, ...]:
    """The file's acknowledgements; what is wrong with it ends the command."""
    try:
        return load(path)
    except AcknowledgementError as error:
        raise bad_input(error) from None


def bad_input(error: Exception) -> SystemExit:
    """Prints what is wrong, and gives the exit of the command."""
    click.echo(f"Error: {error}", err=True)
    return SystemExit(BAD_INPUT)


def finish(
    title: str,
    findings: Iterable[Finding],
    rules: Sequence[Rule],
    given: Sequence[Acknowledgement],
    *,
    fail_on: str,
    form: str,
    output: Path | None,
) -> None:
    """Prints the report and ends: 0 where nothing is left that fails, else 1."""
    outcome = apply(findings, given, today=date.today(), rules=[each.id for each in rules])
    least = -1 if fail_on == "never" else Severity(fail_on).rank
    failing = [each for each in (*outcome.open, *outcome.about_the_list) if each.severity.rank <= least]
    summary = (
        f"{len(outcome.open)} finding(s), {len(failing)} of them failing; {len(outcome.acknowledged)} acknowledged"
    )
    report = Report(
        title=title, outcome=outcome, rules=[*rules, *LIST_RULES], failing=failing, summary=f"{title}: {summary}"
    )
    text = render(report, form)
    if output:
        output.write_text(click.unstyle(text), encoding="utf-8")
        click.echo(report.summary)
    else:
        click.echo(text, nl=False)
    sys.exit(1 if failing else 0)


USAGE_ERRORS = (TemplateError, ModuleNotFoundError, ValueError, OSError)
"""What bad input raises."""
