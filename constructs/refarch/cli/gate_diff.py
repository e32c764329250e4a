"""`refarch gate diff`: exit code 0 for a change that may go, 1 for one that fails the policy, 2 for bad input."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import click

from refarch.gate.acknowledgements import FILE_NAME, AcknowledgementError
from refarch.gate.diff.findings import FailOn
from refarch.gate.diff.report import report
from refarch.gate.reports import FORMATS, render
from refarch.gate.templates import Template, TemplateError, load, load_revision

Sides = tuple[dict[str, Template], dict[str, Template]]


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--git", "revision", metavar="REV", help="Compare PATHS with what they were in this git revision (A..B: two)."
)
@click.option(
    "--fail-on",
    type=click.Choice([each.value for each in FailOn]),
    multiple=True,
    default=[FailOn.DATA_LOSS.value],
    show_default=True,
    help="What makes the exit code 1; may be given several times.",
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write there; the summary still is printed."
)
@click.option(
    "--acknowledgements",
    type=click.Path(path_type=Path, dir_okay=False),
    default=FILE_NAME,
    show_default=True,
    help="Findings that were accepted.",
)
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="Fix a parameter, or AWS::Region.")
@click.option("--all", "everything", is_flag=True, help="Show updates in place and additions too.")
def diff(
    paths: tuple[Path, ...],
    revision: str | None,
    fail_on: tuple[str, ...],
    form: str,
    output: Path | None,
    acknowledgements: Path,
    parameters: tuple[str, ...],
    everything: bool,
) -> None:
    """Say what a change does to what is deployed.

    OLD NEW are templates or folders (cdk.out); with --git PATHS are compared with a revision.
    """
    try:
        given = given_parameters(parameters)
        old, new = _sides(paths, revision)
        found = report(
            old,
            new,
            fail_on=[FailOn(each) for each in fail_on],
            acknowledgements=acknowledgements,
            today=date.today(),
            parameters=given,
            everything=everything or form == "json",
        )
    except (TemplateError, AcknowledgementError, ModuleNotFoundError) as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(2) from None
    text = render(found, form)
    if output:
        output.write_text(click.unstyle(text), encoding="utf-8")
        click.echo(found.summary)
    else:
        click.echo(text, nl=False)
    raise SystemExit(1 if found.failing else 0)


def _sides(paths: tuple[Path, ...], revision: str | None) -> Sides:
    if revision is None:
        if len(paths) != 2:
            raise click.UsageError(f"OLD and NEW are needed, {len(paths)} path(s) given; with --git REV any number")
        return load(paths[0]), load(paths[1])
    before, dots, after = revision.partition("..")
    old: dict[str, Template] = {}
    new: dict[str, Template] = {}
    for path in paths:
        start = path.as_posix() if len(paths) > 1 else ""
        old |= _under(start, load_revision(before or "HEAD", path))
        new |= _under(start, load_revision(after or "HEAD", path) if dots else load(path) if path.exists() else {})
    if not old and not new:
        raise TemplateError(f"neither {revision} nor the working tree has {', '.join(map(str, paths))}")
    return old, new


def _under(start: str, templates: Mapping[str, Template]) -> dict[str, Template]:
    """Names that stay apart when several paths hold a file of the same name."""
    return {
        f"{start}:{name}" if start and not start.endswith(name) else start or name: each
        for name, each in templates.items()
    }


def given_parameters(parameters: tuple[str, ...]) -> dict[str, str]:
    """NAME=VALUE texts by name. Raises `UsageError`."""
    wrong = [each for each in parameters if "=" not in each]
    if wrong:
        raise click.UsageError(f"--parameter {wrong[0]!r}: NAME=VALUE is needed")
    return dict(each.split("=", 1) for each in parameters)
