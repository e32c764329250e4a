"""`refarch spot simulate`: what reclaims cost the callers of a service."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import click

from refarch.simulation import Assumptions, chart, compare
from refarch.simulation.cases import DEFAULT_SEED
from refarch.simulation.page import PICTURE, write_page
from refarch.simulation.table import as_json, as_table

_NAMES = {each.name: each.type for each in fields(Assumptions)}


def _facts(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> Assumptions:
    """The assumptions, with those that the options set. Every problem at once."""
    found: dict[str, float] = {}
    problems = []
    for value in values:
        name, _, number = value.partition("=")
        try:
            found[name] = int(number) if _NAMES[name] == "int" else float(number)
        except KeyError:
            problems.append(f"{name} is no assumption, allowed: {', '.join(_NAMES)}")
        except ValueError:
            problems.append(f"{name} is {number!r}, allowed: a number")
    facts = None if problems else Assumptions(**found)  # type: ignore[arg-type]
    problems += facts.problems() if facts else []
    if problems or facts is None:
        raise click.BadParameter("; ".join(problems))
    return facts


@click.command()
@click.option("--seed", type=int, default=DEFAULT_SEED, show_default=True, help="Another seed, other luck.")
@click.option("--set", "facts", multiple=True, metavar="NAME=NUMBER", callback=_facts, help="Another assumption.")
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Write the chart here.")
@click.option(
    "--page",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=f"Write the table and the chart into this page, and {PICTURE} beside it.",
)
@click.option("--json", "as_document", is_flag=True, help="One JSON document, with the assumptions.")
def simulate(seed: int, facts: Assumptions, svg: Path | None, page: Path | None, as_document: bool) -> None:
    """Play reclaims against a service: failed requests with and without the responder, on 2 pools and on 12.

    Two scenarios: 5 % of the fleet an hour, and 30 % within five minutes. A model, not a measurement: --json names
    every assumption. Takes seconds.
    """
    outcomes = compare(facts, seed)
    if svg:
        svg.write_text(chart(outcomes))
    if page:
        write_page(page, outcomes)
    click.echo(json.dumps(as_json(outcomes, facts, seed), indent=2) if as_document else as_table(outcomes))
