"""`refarch local types`: how real each resource type of CloudFormation is in the local cloud."""

from __future__ import annotations

import logging
import sys
from collections import Counter

import click


@click.command()
@click.option("--filter", "part", default="", metavar="TEXT", help="Only types with TEXT in their name.")
@click.option(
    "--only", type=click.Choice(["recorded", "backed"]), help="Only what is recorded, or only what is API-backed."
)
def types(part: str, only: str | None) -> None:
    """Say for each resource type how real it is.

    API-backed: the service's API in the local cloud has the resource. recorded only: its properties are checked and
    kept, Ref and GetAtt work, nothing runs; with the reason. No cloud needs to run for this.
    """
    wanted = {"recorded": "recorded only", "backed": "API-backed"}.get(only or "")
    listed = {
        name: real
        for name, real in _types().items()
        if part.lower() in name.lower() and (wanted is None or real == wanted)
    }
    width = max(map(len, listed), default=0)
    reasons = _reasons()
    for name, real in listed.items():
        why = f": {reasons[name]}" if real == "recorded only" and name in reasons else ""
        click.echo(f"{name:<{width}}  {real}{why}")
    counts = ", ".join(f"{count} {real}" for real, count in sorted(Counter(listed.values()).items()))
    click.echo(f"{len(listed)} types: {counts}" if listed else f"no type with {part!r} in its name")
    sys.exit(0 if listed else 1)


def _reasons() -> dict[str, str]:
    from refarch.local.resources import backed_derived

    return backed_derived.reasons()


def _types() -> dict[str, str]:
    from refarch.local import LocalCloudError, adapter
    from refarch.local.resources import inventory

    logging.disable(logging.WARNING)  # the emulator's, about what it lacks for things other than types
    try:
        adapter.require_pinned()
        return dict(inventory.without_cloud())
    except LocalCloudError as error:
        raise click.ClickException(str(error)) from error
    finally:
        logging.disable(logging.NOTSET)
