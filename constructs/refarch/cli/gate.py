"""`refarch gate …`: what a team runs in CI on its templates."""

from __future__ import annotations

import click

from refarch.cli.lazy import LazyCommand, LazyGroup

COMMANDS = {
    "all": LazyCommand("refarch.cli.gate_all:all_command", "All of it on an app, in one table and one page."),
    "check": LazyCommand(
        "refarch.cli.gate_check:check_command", "Check templates by policy: the 54 controls and more."
    ),
    "cost": LazyCommand("refarch.cli.gate_cost:cost_command", "Say what a stack costs a month, from idle to busy."),
    "deploy-policy": LazyCommand(
        "refarch.cli.gate_deploy_policy:deploy_policy_command", "Write the least IAM policy that can deploy a stack."
    ),
    "diff": LazyCommand("refarch.cli.gate_diff:diff", "Say by meaning what a change does to what is deployed."),
    "picture": LazyCommand("refarch.cli.gate_picture:picture_command", "Draw the architecture of a template."),
    "typed": LazyCommand("refarch.cli.gate_typed:typed", "Read templates back through an independent implementation."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def gate() -> None:
    """Check templates of any CDK app, or of none: offline, without an account."""
