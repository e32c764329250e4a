"""`run`, `status` and `report`."""

from __future__ import annotations

import functools
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from refarch.cli.genomics_follow import finish, follow, summary, write_report
from refarch.cli.genomics_session import Session, with_session
from refarch.genomics.runs.client import GenomicsError
from refarch_lambdas.genomics.s3_uris import SCHEME
from refarch_lambdas.genomics.sample_sheet import read_sheet


def _input_options(command: Callable[..., None]) -> Callable[..., None]:
    """What is to be run."""
    options = [
        click.option(
            "--sample-sheet", metavar="FILE|S3URI", help="A cohort: CSV with sampleId,fastq1S3Path,fastq2S3Path."
        ),
        click.option(
            "--input",
            "document",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="JSON: a sample (v1 or v2), or what the samples of the sheet have in common.",
        ),
        click.option("--results", metavar="S3URI", help="Folder for results. Default: runs/ in the stack's bucket."),
        click.option("--reference", metavar="S3URI", help="Reference, FASTA. Default: the stack's."),
        click.option(
            "--tolerated-failures", type=click.FloatRange(0, 100), metavar="PERCENT", help="Of a cohort's samples."
        ),
        click.option("--max-concurrency", type=click.IntRange(1, 1000), metavar="N", help="Samples at once."),
        click.option("--force", is_flag=True, help="Run again what has results already."),
    ]
    return functools.reduce(lambda inner, option: option(inner), reversed(options), command)


@click.command()
@with_session
@_input_options
@click.option("--no-wait", is_flag=True, help="Start the run and return.")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the report (HTML) here at the end."
)
def run(session: Session, *, no_wait: bool, report: Path | None, **request: Any) -> None:
    """Run a sample (--input) or a cohort (--sample-sheet), and show the progress of each step.

    The sheet is checked as a whole before anything starts. Ctrl-C leaves the run running. Exit code: 0 when it
    succeeded, 1 when it failed, 130 after Ctrl-C.
    """
    document = make_document(session, **request)
    execution = session.runs.start(document, cohort=bool(request["sample_sheet"]))
    click.echo(f"run {execution}")
    if no_wait:
        click.echo(f"look at it with: {session.command('status', execution)}")
        return
    finish(session, follow(session, execution), report)


def make_document(
    session: Session,
    *,
    sample_sheet: str | None,
    document: Path | None,
    results: str | None,
    reference: str | None,
    tolerated_failures: float | None,
    max_concurrency: int | None,
    force: bool,
) -> dict[str, Any]:
    """The execution's input. Raises `GenomicsError` when there is nothing to run, `InvalidInput` for a bad sheet."""
    if sample_sheet is None and document is None:
        raise GenomicsError("nothing to run: give --sample-sheet, or --input with a sample")
    if sample_sheet is None and (tolerated_failures is not None or max_concurrency is not None):
        raise GenomicsError("--tolerated-failures and --max-concurrency are for a cohort: give --sample-sheet")
    made = _read(document) if document else {}
    given = {
        "resultsS3Path": results,
        "referenceS3Path": reference,
        "toleratedFailurePercentage": tolerated_failures,
        "maxConcurrency": max_concurrency,
        "force": True if force else None,
    }
    made |= {key: value for key, value in given.items() if value is not None}
    if sample_sheet is not None:
        made["sampleSheetS3Path"] = _sheet(session, sample_sheet)
        made.setdefault("resultsS3Path", f"s3://{session.runs.deployment.outputs['ResultsBucketName']}/runs")
    return made


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except ValueError as error:
        raise GenomicsError(f"{path} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise GenomicsError(f"{path} holds no JSON object")
    return found


def _sheet(session: Session, sheet: str) -> str:
    """The sheet's URI: one of this machine is checked and uploaded first."""
    if sheet.startswith(SCHEME):
        return sheet
    path = Path(sheet)
    if not path.is_file():
        raise GenomicsError(f"there is no sample sheet {sheet!r}")
    text = path.read_text()
    read_sheet(text)
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime(session.surroundings.now()))
    return session.runs.upload_sheet(text, f"{moment}-{re.sub(r'[^A-Za-z0-9._-]', '-', path.name)}")


@click.command()
@with_session
@click.argument("execution", metavar="RUN")
def status(session: Session, execution: str) -> None:
    """Say how a run stands, step by step."""
    found = session.runs.look(session.runs.deployment.execution(execution))
    for sample in found.samples:
        steps = ", ".join(f"{name} {step.state.lower().replace('_', ' ')}" for name, step in sample.steps.items())
        click.echo(f"{sample.sample:<16} {sample.state.lower():<10} {steps}")
    click.echo(summary(found, session.surroundings.now()))


@click.command()
@with_session
@click.argument("execution", metavar="RUN")
@click.option(
    "--to",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("genomics-run.html"),
    show_default=True,
    help="Write the report here.",
)
def report(session: Session, execution: str, path: Path) -> None:
    """Write a run's report: its steps coloured by state, durations, cost and quality, in one HTML file."""
    write_report(session, session.runs.look(session.runs.deployment.execution(execution)), path)
