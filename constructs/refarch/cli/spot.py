"""`refarch spot …`: what Spot saves, and what a reclaim costs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError

from refarch.cli.spot_simulate import simulate
from refarch.prices import DEFAULT_REGION, PriceNotKnownError
from refarch.savings import Fleet, parse_fleet, read_fleet, resources_of, savings_report
from refarch.savings.render import as_json, as_table


@click.group()
def spot() -> None:
    """What a fleet on Spot saves, and what its interruptions cost."""


@spot.command()
@click.argument("stack", required=False)
@click.option("--file", "path", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A fleet in JSON.")
@click.option("--group", "groups", multiple=True, metavar="NAME", help="An Auto Scaling group; may be repeated.")
@click.option("--log", "logs", multiple=True, metavar="TABLE", help="A responder's interruption log; may be repeated.")
@click.option("--days", type=click.IntRange(1, 400), default=30, show_default=True, help="How far back to count.")
@click.option("--prices-of", metavar="REGION", default="", help="Take On-Demand prices of another region.")
@click.option("--json", "as_document", is_flag=True, help="One JSON document.")
def savings(
    stack: str | None,
    path: Path | None,
    groups: tuple[str, ...],
    logs: tuple[str, ...],
    days: int,
    prices_of: str,
    as_document: bool,
) -> None:
    """Spot against On-Demand, pool by pool, and how often each pool was interrupted.

    Of a deployed STACK (its groups and its interruption log), of groups and logs by name, or of a fleet in a file.
    The AWS account and region come from the environment, as for every AWS tool.
    """
    if bool(path) == bool(stack or groups):
        raise click.UsageError("name a stack, groups with --group, or a file with --file")
    try:
        fleet = _of_file(path) if path else _deployed(stack, groups, logs, days)
        report = savings_report(replace(fleet, price_region=prices_of) if prices_of else fleet)
    except PriceNotKnownError as error:
        raise click.ClickException(f"{error} (--prices-of takes another region's)") from error
    except (ClientError, BotoCoreError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(as_json(report), indent=2) if as_document else as_table(report))


def _of_file(path: Path) -> Fleet:
    try:
        return parse_fleet(json.loads(path.read_text()))
    except ValueError as error:
        raise click.ClickException(f"{path}: {error}") from error


def _deployed(stack: str | None, groups: tuple[str, ...], logs: tuple[str, ...], days: int) -> Fleet:
    session = boto3.Session()
    region = session.region_name or DEFAULT_REGION
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in clients:
            clients[service] = session.client(service, region_name=region)
        return clients[service]

    if stack:
        found = resources_of(client, stack)
        if not found.groups:
            raise click.ClickException(f"stack {stack} has no Auto Scaling group; name groups with --group")
        groups, logs = (*found.groups, *groups), (*found.logs, *logs)
    return read_fleet(client, region=region, groups=groups, logs=logs, days=days, now=datetime.now(UTC))


spot.add_command(simulate)
