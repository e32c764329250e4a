"""`refarch local logs`: what functions, jobs and state machines wrote to CloudWatch Logs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from refarch.cli.local_running import directory_option, plain_errors, running_cloud
from refarch.local import LocalCloud, LocalCloudError

POLL = 0.5  # seconds
NAMES_SHOWN = 20


@click.command()
@directory_option
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C.")
@click.argument("name", required=False)
def logs(directory: Path | None, follow: bool, name: str | None) -> None:
    """Print the log of NAME: a function, a state machine, a job, or a log group; a part of the name will do.

    Without NAME it lists what has a log.
    """
    with plain_errors():
        cloud = running_cloud(directory)
        if name is None:
            groups = log_groups(cloud)
            click.echo("\n".join(groups) if groups else "nothing was logged so far")
            return
        group, stream = find(cloud, name)
        for event in _lines(cloud, group, stream, follow=follow):
            click.echo(log_line(event))


def log_groups(cloud: LocalCloud) -> list[str]:
    """The names of all log groups."""
    pages = cloud.client("logs").get_paginator("describe_log_groups").paginate()
    return sorted(group["logGroupName"] for page in pages for group in page["logGroups"])


def find(cloud: LocalCloud, name: str) -> tuple[str, str | None]:
    """The log group that `name` means, and the stream in it when it means a job."""
    groups = log_groups(cloud)
    wanted = [own for own in (_of_function(cloud, name), _of_state_machine(cloud, name), name) if own in groups]
    if wanted:
        return wanted[0], None
    stream = _of_job(cloud, name)
    if stream:
        return "/aws/batch/job", stream
    return one_of(name, groups), None


def one_of(name: str, groups: list[str]) -> str:
    """The only group with `name` in it, or that ends in it; raises LocalCloudError with what there is."""
    found = [group for group in groups if name.lower() in group.lower()]
    ending = [group for group in found if group.rpartition("/")[2] == name]
    if len(found) == 1 or len(ending) == 1:
        return ending[0] if len(ending) == 1 else found[0]
    shown = found or groups
    listed = "".join(f"\n  {group}" for group in shown[:NAMES_SHOWN])
    more = f"\n  and {len(shown) - NAMES_SHOWN} more" if len(shown) > NAMES_SHOWN else ""
    if found:
        raise LocalCloudError(f"{name!r} may be any of{listed}{more}")
    have = f"there are{listed}{more}" if groups else "nothing was logged so far"
    raise LocalCloudError(f"nothing with {name!r} in its name has a log; {have}")


def _of_function(cloud: LocalCloud, name: str) -> str:
    functions = cloud.client("lambda")
    try:
        settings = functions.get_function_configuration(FunctionName=name)
    except functions.exceptions.ClientError:
        return ""
    return str(settings.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{settings['FunctionName']}")


def _of_state_machine(cloud: LocalCloud, name: str) -> str:
    machines = cloud.client("stepfunctions")
    pages = machines.get_paginator("list_state_machines").paginate()
    arns = [
        machine["stateMachineArn"] for page in pages for machine in page["stateMachines"] if machine["name"] == name
    ]
    if not arns:
        return ""
    settings = machines.describe_state_machine(stateMachineArn=arns[0]).get("loggingConfiguration", {})
    destinations = [place["cloudWatchLogsLogGroup"]["logGroupArn"] for place in settings.get("destinations", [])]
    return destinations[0].split(":log-group:")[1].removesuffix(":*") if destinations else ""


def _of_job(cloud: LocalCloud, name: str) -> str | None:
    batch = cloud.client("batch")
    try:
        jobs = batch.describe_jobs(jobs=[name])["jobs"]
    except batch.exceptions.ClientError:
        return None
    return jobs[0].get("container", {}).get("logStreamName") if jobs else None


def _lines(cloud: LocalCloud, group: str, stream: str | None, *, follow: bool) -> Iterator[dict[str, Any]]:
    """The events of the group in their order, each once."""
    filters: dict[str, Any] = {"logGroupName": group} | ({"logStreamNames": [stream]} if stream else {})
    pages, start = cloud.client("logs").get_paginator("filter_log_events"), 0
    shown: Counter[tuple[str, int, str]] = Counter()
    while True:
        found = [event for page in pages.paginate(**filters, startTime=start) for event in page["events"]]
        yield from new_events(found, shown)
        if not follow:
            return
        # Only the latest moment can get more: ask from there on, and remember what of it was shown.
        start = max([start, *(event["timestamp"] for event in found)])
        shown = Counter(_identity(event) for event in found if event["timestamp"] >= start)
        time.sleep(POLL)


def new_events(found: list[dict[str, Any]], shown: Counter[tuple[str, int, str]]) -> Iterator[dict[str, Any]]:
    """What of `found` was not shown yet, in order of time; the same line as often as it was written."""
    left = Counter(shown)
    for event in sorted(found, key=lambda event: event["timestamp"]):
        if left[_identity(event)] > 0:
            left[_identity(event)] -= 1
        else:
            yield event


def _identity(event: dict[str, Any]) -> tuple[str, int, str]:
    return event["logStreamName"], event["timestamp"], event["message"]


def log_line(event: dict[str, Any]) -> str:
    """One line for a terminal; what the platform says itself is dim there."""
    when = datetime.fromtimestamp(event["timestamp"] / 1000).strftime("%H:%M:%S.%f")[:-3]
    text = event["message"].rstrip("\n")
    platform = text.startswith(("START RequestId", "END RequestId", "REPORT RequestId"))
    return f"{click.style(when, dim=True)}  {click.style(text, dim=True) if platform else text}"
