"""`refarch local events`, `reset` and `console`: see what happens in the local cloud, and empty it."""

from __future__ import annotations

import json
import sys
import time
import webbrowser
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from refarch.cli.local_running import NotReached, ask, directory_option, plain_errors, running_cloud
from refarch.local import LocalCloud

POLL = 0.3  # seconds


@click.command()
@directory_option
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line, with the event's content.")
def events(directory: Path | None, follow: bool, as_json: bool) -> None:
    """List the events that passed: of EventBridge (every bus, also AWS's own), of buckets and of topics.

    Each line has the time, where the event passed, its source and type; below it, the rules that matched and
    where each sent it. The last 2,000 are kept.
    """
    show = json.dumps if as_json else event_lines
    with plain_errors():
        for event in _records(running_cloud(directory), "events", follow=follow):
            click.echo(show(event))


def _records(cloud: LocalCloud, name: str, *, follow: bool) -> Iterator[dict[str, Any]]:
    """The records that are kept, and with `follow` each one that comes, until the cloud ends."""
    last = 0
    while True:
        try:
            answer = ask(cloud, "GET", f"{name}?since={last}")
        except NotReached:
            return
        yield from answer[name]
        last = answer["last"]
        if not follow:
            return
        time.sleep(POLL)


def event_lines(event: dict[str, Any]) -> str:
    """One event for a terminal; the colours go when it is none."""
    when = datetime.fromtimestamp(event["time"]).strftime("%H:%M:%S.%f")[:-3]
    place = f"{event['via']} {event['bus']}".strip()
    head = [click.style(when, dim=True), f"{place:<20}", click.style(origin(event), fg="cyan"), event["detail-type"]]
    targets = [
        short(target) + (f"  ({rule})" if event["bus"] else "")  # the rules of buckets have random names
        for rule, found in event["rules"].items()
        for target in found
    ]
    lines = [f"               {click.style('→', fg='green')} {target}" for target in targets]
    if not targets and event["via"] == "EventBridge":
        lines = [click.style("               no rule matched", fg="yellow")]
    return "\n".join(["  ".join(head), *lines])


def origin(event: dict[str, Any]) -> str:
    """Where an event comes from: of a bucket, also which object."""
    if event["via"] == "S3" and event["resources"]:
        return str(event["resources"][0]).removeprefix("arn:aws:s3:::")
    return str(event["source"])


def short(arn: str) -> str:
    """A resource's name as a person says it: service and name."""
    parts = arn.split(":", 5)
    return f"{parts[2]} {parts[5]}" if len(parts) == 6 else arn


@click.command()
@directory_option
def reset(directory: Path | None) -> None:
    """Empty the local cloud without a restart: every stack, resource, object and message is gone."""
    with plain_errors():
        cloud = running_cloud(directory)
        answer = ask(cloud, "POST", "reset")
    if answer["problems"]:
        raise click.ClickException("emptied, but " + "; ".join(answer["problems"]))
    click.echo(f"local cloud emptied: {cloud.endpoint_url}")


@click.command()
@directory_option
@click.option("--open/--no-open", "open_it", default=None, help="Open the browser. Default: only from a terminal.")
def console(directory: Path | None, open_it: bool | None) -> None:
    """Print the address of the local cloud's page and show it in the browser.

    Stacks and how real their resources are, events as they pass, invocations with their logs, queues, buckets, jobs
    and instances.
    """
    with plain_errors():
        address = f"{running_cloud(directory).endpoint_url}/_refarch/console/"
    click.echo(address)
    if sys.stdout.isatty() if open_it is None else open_it:
        webbrowser.open(address)
