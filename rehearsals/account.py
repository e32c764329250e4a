"""The live account of a rehearsal: what is being done, what was seen, and the verdict."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from rich.console import Console

Seen = TypeVar("Seen")


class RehearsalFailed(Exception):
    """A promise of the stack was not kept. The message says which one and what was seen instead."""


@dataclass
class Account:
    """Tells a person what happens, line by line. `checked` holds what was observed to be true."""

    console: Console = field(default_factory=Console)
    checked: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def title(self, text: str) -> None:
        self.console.rule(f"[bold]{text}", align="left")

    def say(self, text: str) -> None:
        self.console.print(f"  {text}", highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """A step with its duration; one that fails is marked, and the failure goes on."""
        begun = time.monotonic()
        self.console.print(f"[cyan]>[/] {text}", highlight=False, soft_wrap=True)
        try:
            yield
        except BaseException:
            self.console.print(f"[red]x[/] {text}: failed after {time.monotonic() - begun:.1f} s", highlight=False)
            raise
        self.say(f"[dim]{time.monotonic() - begun:.1f} s[/]")

    def check(self, holds: object, promise: str, seen: object = "") -> None:
        """Observe a promise. Raises `RehearsalFailed` unless `holds`."""
        if not holds:
            raise RehearsalFailed(f"{promise}; seen: {seen}")
        self.checked.append(promise)
        self.console.print(f"  [green]ok[/] {promise}", highlight=False, soft_wrap=True)

    def verdict(self) -> None:
        seconds = time.monotonic() - self.started
        self.console.print(f"[bold green]passed[/]: {len(self.checked)} promises kept in {seconds:.0f} s")


def eventually(look: Callable[[], Seen], *, within: float, what: str, every: float = 0.1) -> Seen:
    """Looks until it sees something true, and returns it. Raises `RehearsalFailed` after `within` seconds.

    The seconds are those of a quiet machine: where more programs wait than processors run, they last longer.
    """
    begun = time.monotonic()
    while not (seen := look()):
        if time.monotonic() - begun > within * crowding():
            raise RehearsalFailed(f"{what}: not within {within:.0f} s; last seen: {seen}")
        time.sleep(every)
    return seen


def crowding() -> float:
    """How many programs a processor has to serve, over the last minute: 1 on a quiet machine, 4 at most."""
    return min(4.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))
