"""A click group that lists its commands without importing them: `--help` must not cost a second."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click


@dataclass(frozen=True)
class LazyCommand:
    """Where a command is ("module:attribute") and the line that `--help` shows for it."""

    target: str
    help: str


class LazyGroup(click.Group):
    """A group whose commands come from a table of `LazyCommand` and are imported when one is used."""

    def __init__(self, *args: Any, lazy: Mapping[str, LazyCommand] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *self.lazy])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = self.lazy.get(cmd_name)
        if found is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = found.target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        eager = [(name, self.commands[name].get_short_help_str()) for name in self.commands]
        rows = sorted([*eager, *((name, command.help) for name, command in self.lazy.items())])
        with formatter.section("Commands"):
            formatter.write_dl(rows)
