"""`refarch gate cost`: what a stack costs a month, from idle to busy."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from refarch.cli.gate_findings import USAGE_ERRORS, bad_input
from refarch.gate.cost import CostCard, Usage, card, read_usage, usage_template
from refarch.gate.templates import Template, TemplateError, load


@click.command("cost")
@click.argument("template", type=click.Path(path_type=Path))
@click.option("--usage", type=click.Path(path_type=Path, dir_okay=False), help="TOML: what a busy month looks like.")
@click.option("--region", help="Whose prices.  [default: that of the usage file, or us-east-1]")
@click.option("--format", "form", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the card there.")
@click.option(
    "--write-usage",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a usage file with what is assumed, to be edited, and end.",
)
def cost_command(
    template: Path, usage: Path | None, region: str | None, form: str, output: Path | None, write_usage: Path | None
) -> None:
    """Say what TEMPLATE costs a month: idle, and in a busy month. List prices with their date, not a quote.

    TEMPLATE is a template or a folder such as cdk.out. What has no price is named, never counted as nothing.
    """
    try:
        found = list(load(template).values())
        if write_usage:
            _write_usage(found, write_usage)
            return
        given = read_usage(usage.read_text(encoding="utf-8")) if usage else Usage()
        cards = [card(each, _of(given, each, found), region=region) for each in found]
    except USAGE_ERRORS as error:
        raise bad_input(error) from None
    text = _text(cards, form)
    if output:
        output.write_text(text, encoding="utf-8")
    else:
        click.echo(text, nl=False)


def _of(usage: Usage, template: Template, found: list[Template]) -> Usage:
    """What is not another template's of the folder; what is none's stays, and is refused."""
    others = {name for each in found if each is not template for name in each.resources} - template.resources.keys()
    return replace(usage, resources={name: each for name, each in usage.resources.items() if name not in others})


def _write_usage(found: list[Template], path: Path) -> None:
    if len(found) > 1:
        raise TemplateError(f"{len(found)} templates; name the one that the usage is for")
    if path.exists():
        raise TemplateError(f"{path} exists; it is not written over")
    path.write_text(usage_template(found[0]), encoding="utf-8")
    click.echo(f"{path}", err=True)


def _text(cards: list[CostCard], form: str) -> str:
    if form == "json":
        documents = [each.json() for each in cards]
        return json.dumps(documents[0] if len(documents) == 1 else documents, indent=1) + "\n"
    return "\n".join(each.table() if form == "table" else each.markdown() for each in cards)
