"""`status`, `wait`, `cancel` and `redrive`: a job that is running, or should be."""

from __future__ import annotations

from pathlib import Path

import click

from refarch.cli.mapreduce_follow import failure_line, follow, progress_line
from refarch.cli.mapreduce_output import finish
from refarch.cli.mapreduce_session import Session, with_session
from refarch.mapreduce import driver

_TIMELINE = click.option(
    "--timeline", type=click.Path(dir_okay=False, path_type=Path), help="Write the timeline (HTML) here."
)


@click.command()
@with_session
@click.argument("job")
def status(session: Session, *, job: str) -> None:
    """Show how far a job is."""
    snapshot = session.watcher(job).look()
    click.echo(f"job {job} {snapshot.state}, {snapshot.elapsed:.1f} s")
    click.echo(f"  {progress_line(snapshot)}")
    if snapshot.reason:
        click.echo(f"  {snapshot.reason}")
    for failure in snapshot.failures:
        click.echo(f"  {failure_line(failure)}")


@click.command()
@with_session
@click.argument("job")
@_TIMELINE
def wait(session: Session, *, job: str, timeline: Path | None) -> None:
    """Follow a job to its end. Exit code: 0 when it succeeded, 1 when it failed, 130 after Ctrl-C."""
    watcher = session.watcher(job)
    finish(session, watcher, follow(session, watcher), timeline)


@click.command()
@with_session
@click.argument("job")
def cancel(session: Session, *, job: str) -> None:
    """Stop a job. Running tasks end at their next look; nothing new is started."""
    stopped = driver.cancel(session.watcher(job), clock=session.surroundings.now)
    click.echo(f"job {job} cancelled" if stopped else f"job {job} was being stopped already")


@click.command()
@with_session
@click.argument("job")
@click.option("--no-wait", is_flag=True, help="Start it and return.")
@_TIMELINE
def redrive(session: Session, *, job: str, no_wait: bool, timeline: Path | None) -> None:
    """Run again what failed in a FAILED or CANCELLED job."""
    watcher = session.watcher(job)
    around = session.surroundings
    number = driver.redrive(watcher, clock=around.now, sleep=around.sleep)
    click.echo(f"redrive {number} of job {job} started")
    if no_wait:
        click.echo(f"watch it with: {session.command('wait', job)}")
        return
    finish(session, watcher, follow(session, watcher), timeline)
