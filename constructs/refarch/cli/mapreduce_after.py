"""`jobs`, `result`, `report`, `timeline` and `clean`: what jobs left behind."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from refarch.cli.mapreduce_output import bad_sample_lines, report_lines, result_head
from refarch.cli.mapreduce_session import Session, with_session
from refarch.mapreduce.cleaning import JobLine, list_jobs
from refarch.mapreduce.cleaning import clean as clean_job
from refarch.mapreduce.problems import MapReduceError
from refarch.mapreduce.snapshot import Snapshot, make_snapshot
from refarch.mapreduce.timeline import render, timeline_of_folder, timeline_of_report
from refarch.mapreduce.units import format_bytes, format_dollars, format_seconds

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@with_session
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Show the latest so many.")
def jobs(session: Session, *, limit: int) -> None:
    """List the jobs, the latest first."""
    lines = list_jobs(session.workspace, s3=session.s3)
    for line in lines[:limit]:
        click.echo(_job_line(line))
    if len(lines) > limit:
        click.echo(f"and {len(lines) - limit} more: use --limit")
    if not lines:
        click.echo("no jobs")


def _job_line(line: JobLine) -> str:
    started = "" if line.start_time is None else f"{datetime.fromtimestamp(line.start_time, UTC):%Y-%m-%d %H:%M:%S}"
    seconds = "" if line.seconds is None else format_seconds(line.seconds)
    dollars = "" if line.dollars is None else format_dollars(line.dollars)
    size = format_bytes(line.input_bytes)
    return f"{line.job_id:<24} {line.state:<11} {started:<19} {size:>8} {seconds:>8} {dollars:>10}".rstrip()


@click.command()
@with_session
@click.argument("job")
@click.option("--output", type=_FILE, help="Write it to this file. Default: standard output.")
@click.option("--json", "as_json", is_flag=True, help="The JSON object {key: value} instead of CSV.")
@click.option("--lines", type=click.IntRange(min=1), help="Only the first lines, for a look.")
def result(session: Session, *, job: str, output: Path | None, as_json: bool, lines: int | None) -> None:
    """Print or download the result of a job."""
    watcher = session.watcher(job)
    snapshot = watcher.look()
    if snapshot.state != "SUCCEEDED":
        raise MapReduceError(f"job {job!r} has no result: it is {snapshot.state}")
    key = watcher.layout.result_json if as_json else watcher.layout.result
    if lines:
        click.echo("\n".join(result_head(watcher.store, key, lines)))
        return
    with click.open_file(str(output or "-"), "wb") as target:
        for piece in watcher.store.chunks(key):
            target.write(piece)
    if output:
        click.echo(f"{output}: {format_bytes(output.stat().st_size)}")


@click.command()
@with_session
@click.argument("job")
@click.option("--json", "as_json", is_flag=True, help="The whole report as JSON.")
def report(session: Session, *, job: str, as_json: bool) -> None:
    """Show what a job read, used and cost."""
    document = _report(session.watcher(job).look())
    if as_json:
        click.echo(json.dumps(document, indent=2))
        return
    click.echo("\n".join(report_lines(document)))
    if document["reason"]:
        click.echo(f"  reason: {document['reason']}")
    for line in bad_sample_lines(document["badSamples"]):
        click.echo(line)


@click.command()
@with_session
@click.argument("job")
@click.option("--output", type=_FILE, help="File to write. Default: JOB.html here.")
def timeline(session: Session, *, job: str, output: Path | None) -> None:
    """Draw a job, ended or running, as an HTML page."""
    folder = session.watcher(job).folder()
    now = session.surroundings.now()
    drawn = timeline_of_report(folder.report) if folder.report else timeline_of_folder(folder, now)
    target = output or Path(f"{job}.html")
    target.write_text(render(drawn), encoding="utf-8")
    click.echo(f"timeline: {target} ({make_snapshot(folder, now).state})")


@click.command()
@with_session
@click.argument("job")
@click.option("--force", is_flag=True, help="Cancel a running job first.")
def clean(session: Session, *, job: str, force: bool) -> None:
    """Remove a job and its intermediate data, the result too."""
    removed = clean_job(session.watcher(job), force=force)
    click.echo(f"job {job}: {removed:,} objects removed")


def _report(snapshot: Snapshot) -> dict[str, Any]:
    if snapshot.report is None:
        raise MapReduceError(f"job {snapshot.job_id!r} has no report: it is {snapshot.state}")
    return dict(snapshot.report)
