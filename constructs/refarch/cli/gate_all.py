"""`refarch gate all`: every part of the gate on an app, in one table and one page."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from refarch.cli.gate_diff import given_parameters
from refarch.cli.gate_findings import SEVERITIES, USAGE_ERRORS, accepted, bad_input
from refarch.gate.acknowledgements import FILE_NAME
from refarch.gate.diff.findings import FailOn
from refarch.gate.policy import PROFILES, Profile, Settings
from refarch.gate.policy.view import DEFAULT_REGION
from refarch.gate.reports import Report, render
from refarch.gate.reports.formats import WHOLE_FORMATS

CACHE = Path(".refarch", "gate")
ENDINGS = {".html": "html", ".json": "json", ".sarif": "sarif", ".xml": "junit", ".md": "markdown", ".txt": "table"}
_LEVELS = click.Choice([*SEVERITIES, "never"])
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("all")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--against", metavar="OLD", help="What is deployed: a cdk.out, a template, a contract folder, a revision."
)
@click.option(
    "--report", "reports", multiple=True, type=_FILE, metavar="FILE", help=f"Write too: {', '.join(ENDINGS)}."
)
@click.option("--format", "form", type=click.Choice(WHOLE_FORMATS), default="table", show_default=True)
@click.option(
    "--fail-on",
    type=click.Choice([each.value for each in FailOn]),
    multiple=True,
    default=[FailOn.DATA_LOSS.value],
    show_default=True,
    help="Which change fails; may be given several times.",
)
@click.option("--fail-on-policy", type=_LEVELS, default="warning", show_default=True, help="Least that fails.")
@click.option("--fail-on-typed", type=_LEVELS, default="error", show_default=True, help="Least that fails.")
@click.option(
    "--acknowledgements", type=_FILE, default=FILE_NAME, show_default=True, help="Findings that were accepted."
)
@click.option("--profile", type=click.Choice(PROFILES), default="baseline", show_default=True)
@click.option("--region", default=DEFAULT_REGION, show_default=True, help="Of instance types and prices.")
@click.option(
    "--runtime-days", type=click.IntRange(0), default=180, show_default=True, help="Life a runtime must have."
)
@click.option("--tag", "tags", multiple=True, metavar="KEY", help="A tag that every resource must carry.")
@click.option("--allow-managed", multiple=True, metavar="NAME", help="A policy managed by AWS that is fine.")
@click.option("--partition", type=click.Choice(["aws", "aws-cn", "aws-us-gov"]), default="aws", show_default=True)
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="Fix a parameter, or AWS::Region.")
@click.option("--cdk-database", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="db.json.gz.")
@click.option("--usage", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Assumed by the cost card.")
@click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    default=CACHE,
    show_default=True,
    help="What earlier runs found out.",
)
@click.option("--no-cache", is_flag=True, help="Work everything out anew, and remember nothing.")
def all_command(paths: tuple[Path, ...], **given: Any) -> None:
    """Run every part of the gate on an app: change, policy, second reading, deploy policy, picture, cost.

    PATHS are cdk.out, templates, folders, or - for standard input. Only what changed since the last run is worked out
    again. Exit code 0: nothing fails; 1: something does; 2: bad input.
    """
    forms = {path: ENDINGS.get(path.suffix) for path in given["reports"]}
    if wrong := [str(path) for path, form in forms.items() if form is None]:
        raise click.UsageError(
            f"--report {', '.join(wrong)}: the ending decides the form; allowed: {', '.join(ENDINGS)}"
        )
    found = _report(paths, given)
    for path, form in forms.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(click.unstyle(render(found, str(form))), encoding="utf-8")
    click.echo(render(found, given["form"]), nl=False)
    raise SystemExit(1 if found.failing else 0)


def _report(paths: tuple[Path, ...], given: dict[str, Any]) -> Report:
    from refarch.gate.whole import Store, examine, new_stacks, old_stacks, report

    listed = accepted(given["acknowledgements"])
    try:
        options = _options(given)
        new = new_stacks(paths)
        old = old_stacks(given["against"], paths) if given["against"] else None
        store = Store(None if given["no_cache"] else given["cache"])
        whole = examine(new, old, options=options, store=store)
        store.save()
        return report(whole, listed)
    except USAGE_ERRORS as error:
        raise bad_input(error) from None


def _options(given: dict[str, Any]) -> Any:
    from refarch.gate.whole import Options

    profile: Profile = given["profile"]
    return Options(
        profile=profile,
        settings=Settings(
            region=given["region"],
            today=date.today(),
            runtime_days=given["runtime_days"],
            mandatory_tags=given["tags"],
            allowed_managed_policies=given["allow_managed"],
        ),
        partition=given["partition"],
        parameters=given_parameters(given["parameters"]),
        cdk_database=given["cdk_database"],
        usage=given["usage"],
        fail_on=tuple(FailOn(each) for each in given["fail_on"]),
        fail_on_policy=given["fail_on_policy"],
        fail_on_typed=given["fail_on_typed"],
    )
