"""`refarch gate …`: what a team runs in CI on its templates."""

from __future__ import annotations

import click

from refarch.cli.lazy import LazyCommand, LazyGroup

COMMANDS = {
    "diff": LazyCommand("refarch.cli.gate_diff:diff", "Say by meaning what a change does to what is deployed."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def gate() -> None:
    """Check templates of any CDK app, or of none: offline, without an account."""
