"""What the local cloud adds to the emulator, one room each: installed once, in the emulator's process."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path

from refarch.local import clock


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a room may need to know. `clock_factor`: simulated seconds pass so many times faster (120 s in 2 s at 60).
    `data`: the local cloud's folder, `project`: the project's. `environment`: of commands that run on its behalf."""

    endpoint_url: str
    region: str
    account: str
    async_slots: int
    enforce_permissions: bool
    clock_factor: float
    data: Path
    project: Path


# In this order; each module has `install(context)`. A room that is not there is an error.
ROOMS: tuple[str, ...] = (
    "observation",
    "console",
    "functions",
    "compute",
    "execution",
    "parameters",
    "resources",  # it takes every resource type that no room before has a handler for
    "moto_services",  # after it: what is kept of records is back before this room says what their services lost
)


def install_all(context: Context) -> None:
    """Install every room."""
    clock.configure(context.clock_factor)
    for name in ROOMS:
        importlib.import_module(f"refarch.local.{name}").install(context)
