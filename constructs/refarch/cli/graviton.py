"""`refarch graviton …`: what a move to Arm meets, and what it saves."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from refarch.cli.graviton_text import report_text, sizes_document, sizes_text
from refarch.web.porting import BLOCKS, REVIEW, scan

_COUNTED = {"never": (), "blocks": (BLOCKS,), "review": (BLOCKS, REVIEW)}


@click.group()
def graviton() -> None:
    """Move to Arm: known trouble in a source tree, and sizes with their prices."""


@graviton.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option(
    "--fail-on",
    type=click.Choice(list(_COUNTED)),
    default="blocks",
    show_default=True,
    help="Exit code 1 where there is a finding of this weight or more.",
)
def check(path: Path, form: str, fail_on: str) -> None:
    """Look through the source tree at PATH for what is known not to build or run on Arm.

    C and C++, build files, container and Compose files, Python and npm locks, .NET projects, Go, binaries by their
    header. It reads and neither runs nor fetches, so it also says what it cannot know: tests on Arm tell that.
    """
    report = scan(path)
    click.echo(json.dumps(report.as_dict(), indent=2) if form == "json" else report_text(report))
    if any(report.count(severity) for severity in _COUNTED[fail_on]):
        sys.exit(1)


@graviton.command()
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def sizes(form: str) -> None:
    """The A1 types, what stands in their place, and Graviton beside x86: prices a vCPU and a GiB, savings computed."""
    click.echo(json.dumps(sizes_document(), indent=2) if form == "json" else sizes_text())
