"""What the commands print about plans, prices, ends of jobs and results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from refarch.cli.mapreduce_session import Session
from refarch.mapreduce.driver import PreparedJob
from refarch.mapreduce.progress import JobWatcher
from refarch.mapreduce.snapshot import Snapshot
from refarch.mapreduce.store import JobStore
from refarch.mapreduce.timeline import render, timeline_of_report
from refarch.mapreduce.units import counted, format_bytes, format_count, format_dollars, format_seconds
from refarch_lambdas.mapreduce.estimate import Estimate

Json = Mapping[str, Any]
HEAD_LINES = 5
_HEAD_BYTES = 64 * 1024
_SAMPLES = 5


def plan_line(prepared: PreparedJob) -> str:
    """The plan in a sentence."""
    listing = prepared.listing
    parts = f"{counted(len(prepared.tasks), 'mapper')}, {counted(prepared.reducers, 'reducer')}"
    return f"{counted(len(listing.objects), 'object')}, {format_bytes(listing.bytes)}: {parts}"


def estimate_lines(expected: Estimate) -> Iterator[str]:
    """The estimate: compute, requests, dollars, and whose prices these are."""
    yield (
        f"estimate for {format_bytes(expected.input_bytes)}: about {format_seconds(expected.lambda_seconds)} of Lambda "
        f"in {counted(expected.mappers, 'mapper')} and {counted(expected.reducers, 'reducer')}, "
        f"{expected.usage.gb_seconds:,.1f} GB-seconds, {expected.requests:,} requests"
    )
    cost = expected.cost
    yield f"about {format_dollars(cost.total)} ({cost.note}; {cost.region}, prices of {cost.prices_as_of})"


def report_lines(report: Json) -> Iterator[str]:
    """A report for people."""
    usage, cost, seconds = report["usage"], report["cost"], report["seconds"]
    pace = f", {format_count(report['rows'] / seconds)} rows a second" if seconds else ""
    yield f"job {report['jobId']}: {report['state']} after {format_seconds(seconds)}"
    yield f"  {format_count(report['rows'])} rows, {format_bytes(report['inputBytes'])} of input{pace}"
    yield f"  {report['keys']:,} keys, {format_bytes(report['resultBytes'])} of results"
    if report["badRecords"]:
        yield f"  {counted(report['badRecords'], 'bad record')} skipped"
    compute = usage["gbSeconds"]
    yield (
        f"  {compute['total']:,.2f} GB-seconds billed (mappers {compute['mapper']:,.2f}, reducers "
        f"{compute['reducer']:,.2f}, coordinator {compute['coordinator']:,.2f})"
    )
    requests = usage["requests"]
    yield (
        f"  requests: {sum(usage['invocations'].values()):,} Lambda, {requests['get']:,} GET, "
        f"{requests['put'] + requests['list']:,} PUT and LIST, {requests['sqs']:,} SQS"
    )
    yield f"  {format_dollars(cost['total'])} ({cost['note']}; {cost['region']}, prices of {cost['pricesAsOf']})"
    if report["failures"]:
        yield f"  {counted(len(report['failures']), 'failed attempt')}; their billed time is an estimate"


def finish(session: Session, watcher: JobWatcher, snapshot: Snapshot, timeline: Path | None) -> None:
    """Print how the job ended; exits with 1 unless it succeeded."""
    if snapshot.report is not None:
        click.echo("\n".join(report_lines(snapshot.report)))
        if timeline:
            timeline.write_text(render(timeline_of_report(snapshot.report)), encoding="utf-8")
            click.echo(f"timeline: {timeline}")
    elif timeline:
        click.echo("no timeline: the job left no report")
    if snapshot.state != "SUCCEEDED":
        click.echo("\n".join(_failed_lines(session, snapshot)), err=True)
        raise SystemExit(1)
    layout = watcher.layout
    click.echo(f"result: s3://{watcher.store.bucket}/{layout.result}")
    click.echo("\n".join(f"  {line}" for line in result_head(watcher.store, layout.result)))


def result_head(store: JobStore, key: str, lines: int = HEAD_LINES) -> list[str]:
    """The first lines of the result, without reading all of it."""
    start = store.read(key, first_bytes=_HEAD_BYTES) or b""
    return start.decode(errors="replace").splitlines()[:lines]


def bad_sample_lines(samples: Iterable[Json]) -> Iterator[str]:
    """Broken records: where they are, what they look like, what is wrong with them."""
    for sample in samples:
        yield f"  {sample['key']} at byte {sample['offset']}: {sample['error']}: {sample['record']!r}"


def _failed_lines(session: Session, snapshot: Snapshot) -> Iterator[str]:
    yield f"job {snapshot.job_id} {snapshot.state}: {snapshot.reason or 'no reason given'}"
    samples = (snapshot.report or {}).get("badSamples", [])
    if samples:
        yield "bad records:"
        yield from bad_sample_lines(samples[:_SAMPLES])
    yield "tasks that have ended keep their results; run the others again with:"
    yield f"  {session.command('redrive', snapshot.job_id)}"
