"""`refarch rehearse <Stack>`: deploy a stack locally, drive it, and see whether it keeps its promises."""

from __future__ import annotations

import importlib
import re
import sys
from types import ModuleType

import click


@click.command()
@click.argument("stack")
@click.option("--keep", is_flag=True, help="Leave the local cloud running afterwards, to look around.")
def rehearse(stack: str, keep: bool) -> None:
    """Deploy STACK into a local cloud of its own, drive it from outside, and give a verdict.

    STACK is a stack of this checkout, for example MapReduce. Its rehearsal is a module in `rehearsals/`, which may
    say with CLOCK_FACTOR how many times faster the cloud's own seconds pass.
    """
    from refarch.local.errors import LocalCloudError

    module = _rehearsal(stack)
    from rehearsals.account import RehearsalFailed
    from rehearsals.stage import on_stage

    try:
        on_stage(stack, module.rehearse, keep=keep, clock_factor=getattr(module, "CLOCK_FACTOR", 1.0))
    except (RehearsalFailed, LocalCloudError) as error:
        raise click.ClickException(f"{stack} did not pass: {error}") from error


def module_name(stack: str) -> str:
    """The name of a stack in the rooms: `MapReduce` is `map_reduce`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", stack).lower()


def _rehearsal(stack: str) -> ModuleType:
    """The stack's module. The checkout is the current folder: rehearsals are not part of the installed package."""
    if "" not in sys.path and "." not in sys.path:
        sys.path.insert(0, "")
    try:
        return importlib.import_module(f"rehearsals.{module_name(stack)}")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "rehearsals":
            raise
        raise click.ClickException(
            f"no rehearsal of {stack!r}: expected rehearsals/{module_name(stack)}.py below the current folder"
        ) from error
