"""`refarch local interrupt` and `emit`: what AWS does of its own accord, done now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from refarch.cli.local_running import ask, directory_option, plain_errors, running_cloud


@click.command()
@directory_option
@click.option("--rebalance", is_flag=True, help="Send the rebalance recommendation only; the instance goes on.")
@click.option(
    "--action",
    type=click.Choice(["terminate", "stop", "hibernate"]),
    default="terminate",
    show_default=True,
    help="What AWS says it will do, and does.",
)
@click.option(
    "--notice",
    type=click.FloatRange(0, 3600),
    default=120,
    show_default=True,
    help="Seconds between the warning and the end; the cloud's clock factor shortens them.",
)
@click.argument("instance")
def interrupt(instance: str, directory: Path | None, rebalance: bool, action: str, notice: float) -> None:
    """Interrupt the Spot Instance INSTANCE as AWS does: an event, its metadata, two minutes, the end."""
    asked = {"instance-id": instance, "action": action, "notice": notice, "rebalance": rebalance}
    with plain_errors():
        told = ask(running_cloud(directory), "POST", "interrupt", asked)
    if rebalance:
        click.echo(f"{instance}: rebalance recommendation sent")
    else:
        click.echo(f"{instance}: warned, {told['action']} at {told['time']} (in {told['realSeconds']:.1f} s)")


@click.command()
@directory_option
@click.option("--bus", default="default", show_default=True, help="The event bus that gets it.")
@click.argument("event", type=click.File())
def emit(event: Any, directory: Path | None, bus: str) -> None:
    """Send the event in the JSON file EVENT (- for standard input) as AWS itself would, `aws.…` sources included.

    Needed: `source`, `detail-type`, `detail`; `resources` may be given. Id, time, account and region become this
    cloud's.
    """
    try:
        document = json.load(event)
    except ValueError as error:
        raise click.ClickException(f"{event.name} is not JSON: {error}") from error
    with plain_errors():
        told = ask(running_cloud(directory), "POST", "emit", {"event": document, "bus": bus})
    click.echo(f"sent as {told['id']} to the bus {told['bus']}")
