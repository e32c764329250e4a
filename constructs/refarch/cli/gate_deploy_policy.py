"""`refarch gate deploy-policy`: what a CI role needs for one stack."""

from __future__ import annotations

import json
from pathlib import Path

import click

from refarch.cli.gate_findings import USAGE_ERRORS, bad_input
from refarch.gate.deploy_policy import LIMIT, DeployPolicy, deploy_policy, size
from refarch.gate.templates import TemplateError, load


@click.command("deploy-policy")
@click.argument("template", type=click.Path(path_type=Path))
@click.option("--stack", metavar="NAME", help="Name that it is deployed by.  [default: that of the file]")
@click.option("--partition", type=click.Choice(["aws", "aws-cn", "aws-us-gov"]), default="aws", show_default=True)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write deploy-policy-1.json, … into this folder.  [default: print one JSON list]",
)
def deploy_policy_command(template: Path, stack: str | None, partition: str, output: Path | None) -> None:
    """Write the least IAM policies that can create, update and delete the stack of TEMPLATE.

    Split where one managed policy is too small. What no schema knows is said on standard error.
    """
    try:
        found = load(template)
        if len(found) > 1:
            raise TemplateError(f"{template} holds {len(found)} templates; name one")
        name, content = next(iter(found.items()))
        made = deploy_policy(
            content.content, stack=stack or name.rpartition("/")[2].partition(".")[0], partition=partition
        )
    except USAGE_ERRORS as error:
        raise bad_input(error) from None
    if output:
        output.mkdir(parents=True, exist_ok=True)
        for number, document in enumerate(made.documents, 1):
            text = json.dumps(document, indent=1) + "\n"
            (output / f"deploy-policy-{number}.json").write_text(text, encoding="utf-8")
    else:
        click.echo(json.dumps(made.documents, indent=1))
    _say(made)


def _say(made: DeployPolicy) -> None:
    sizes = ", ".join(f"{size(each):,}" for each in made.documents)
    click.echo(f"{len(made.documents)} managed policies of {sizes} characters (IAM takes {LIMIT:,} each)", err=True)
    if made.uncovered:
        click.echo(f"No schema names the permissions of {', '.join(made.uncovered)}: add them by hand", err=True)
