"""`refarch …`: a thin command line. Every verb calls into a room of the library."""

from __future__ import annotations

import click

from refarch import __version__
from refarch.cli.lazy import LazyCommand, LazyGroup

COMMANDS = {
    "gate": LazyCommand("refarch.cli.gate:gate", "Say what a change of a template will do; check templates in CI."),
    "genomics": LazyCommand(
        "refarch.cli.genomics:genomics", "Run and watch genomics pipelines, from reads to variants."
    ),
    "graviton": LazyCommand("refarch.cli.graviton:graviton", "Find what keeps a source tree from Arm; sizes, prices."),
    "local": LazyCommand("refarch.cli.local:local", "Run an AWS emulator on this machine and deploy into it."),
    "mapreduce": LazyCommand("refarch.cli.mapreduce:mapreduce", "Run and watch MapReduce jobs."),
    "rehearse": LazyCommand("refarch.cli.rehearse:rehearse", "Deploy a stack locally and prove what it promises."),
    "spot": LazyCommand("refarch.cli.spot:spot", "What a fleet on Spot saves, and what its interruptions cost."),
    "streaming": LazyCommand("refarch.cli.streaming:streaming", "Load live streams with viewers, and sign addresses."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="refarch")
def main() -> None:
    """AWS reference architectures as CDK constructs: run, rehearse and drive them."""
