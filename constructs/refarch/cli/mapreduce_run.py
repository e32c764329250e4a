"""`run` and `estimate`: what a job will cost, and the job."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from refarch.cli.mapreduce_follow import follow
from refarch.cli.mapreduce_output import estimate_lines, finish, plan_line
from refarch.cli.mapreduce_session import Session, with_session
from refarch.mapreduce.driver import JobRequest, PreparedJob, prepare, start
from refarch.mapreduce.problems import MapReduceError
from refarch.mapreduce.units import parse_size
from refarch_lambdas.mapreduce.estimate import POST_THROUGHPUT, Estimate, project
from refarch_lambdas.mapreduce.estimate import estimate as estimate_cost


def _size(_ctx: click.Context, _param: click.Parameter, text: str | None) -> int | None:
    """Bytes, written as 64MiB, 1.5GB or 4096."""
    try:
        return None if text is None else parse_size(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _job_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that make up a `JobRequest`."""
    location = "s3://bucket/folder (or a key, or `prefix*`). Give it again for more."
    options = [
        click.option("--input", "inputs", multiple=True, metavar="URI", help=location),
        click.option("--reducers", type=int, metavar="N", help="Partitions. Default: one for each GiB of input."),
        click.option(
            "--split-size",
            "split_bytes",
            callback=_size,
            metavar="SIZE",
            help="Most bytes of a mapper. Default: by input size.",
        ),
        click.option(
            "--throughput",
            callback=_size,
            metavar="SIZE",
            default=str(int(POST_THROUGHPUT)),
            help="Input bytes that a Lambda maps a second, for the estimate. Default: 25.5MB, as in the post.",
        ),
    ]
    return functools.reduce(lambda inner, option: option(inner), reversed(options), command)


@click.command()
@with_session
@_job_options
@click.option("--job-id", help="Name of the job. Default: the time and six random digits.")
@click.option("--max-bad-records", type=int, default=0, metavar="N", help="Broken records a mapper may skip.")
@click.option("--max-bad-fraction", type=float, default=0.0, metavar="F", help="The same as a share, 0 to 1.")
@click.option("--estimate", "only_estimate", is_flag=True, help="Print parts and price, and start nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before starting.")
@click.option("--no-wait", is_flag=True, help="Start the job and return.")
@click.option("--timeline", type=click.Path(dir_okay=False, path_type=Path), help="Write the timeline (HTML) here.")
def run(
    session: Session,
    *,
    throughput: int,
    only_estimate: bool,
    yes: bool,
    no_wait: bool,
    timeline: Path | None,
    **request: Any,
) -> None:
    """Run a job and show its progress, its cost and where its result is.

    Ctrl-C leaves the job running. Exit code: 0 when it succeeded, 1 when it failed, 130 after Ctrl-C.
    """
    prepared = prepare(session.workspace, JobRequest(**request), s3=session.s3)
    expected = _estimate(prepared, throughput)
    _announce(prepared, expected)
    if only_estimate:
        return
    if not yes and sys.stdin.isatty():
        click.confirm("Start it?", abort=True)
    job = start(prepared, s3=session.s3, clock=session.surroundings.now)
    click.echo(f"job {job.job_id} started")
    if no_wait:
        click.echo(f"watch it with: {session.command('wait', job.job_id)}")
        return
    watcher = session.watcher(job.job_id)
    finish(session, watcher, follow(session, watcher), timeline)


@click.command()
@with_session
@_job_options
@click.option("--from-job", metavar="JOB", help="Project from this measured job instead of from a throughput.")
@click.option("--size", callback=_size, metavar="SIZE", help="For --from-job: this size instead of an input.")
def estimate(session: Session, *, throughput: int, from_job: str | None, size: int | None, **request: Any) -> None:
    """Say what a job over the input would cost. Nothing is started."""
    if from_job is None:
        prepared = prepare(session.workspace, JobRequest(**request), s3=session.s3)
        _announce(prepared, _estimate(prepared, throughput))
        return
    if size is None:
        size = prepare(session.workspace, JobRequest(**request), s3=session.s3).listing.bytes
    click.echo("\n".join(estimate_lines(_projection(session, from_job, size))))


def _projection(session: Session, job: str, size: int) -> Estimate:
    snapshot = session.watcher(job).look()
    if snapshot.report is None:
        raise MapReduceError(f"job {job!r} has no report yet: only a job that has ended was measured")
    try:
        return project(snapshot.report, size, concurrent_lambdas=session.workspace.concurrent_lambdas)
    except ValueError as error:
        raise MapReduceError(str(error)) from error


def _announce(prepared: PreparedJob, expected: Estimate) -> None:
    click.echo(plan_line(prepared))
    for note in prepared.notes:
        click.echo(f"note: {note}")
    click.echo("\n".join(estimate_lines(expected)))


def _estimate(prepared: PreparedJob, throughput: float) -> Estimate:
    workspace = prepared.workspace
    if throughput < 1:
        raise MapReduceError(f"throughput must be at least 1 byte a second, got {throughput}")
    return estimate_cost(
        prepared.listing.bytes,
        mappers=len(prepared.tasks),
        reducers=prepared.reducers,
        memory_mb=workspace.memory_mb,
        architecture=workspace.architecture,
        region=workspace.region,
        throughput=throughput,
    )
