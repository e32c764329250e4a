"""Progress while a job runs: bars on a terminal, one line for each change in a log."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from refarch.cli.mapreduce_session import Session
from refarch.mapreduce.progress import JobWatcher
from refarch.mapreduce.progress import wait as snapshots_until_end
from refarch.mapreduce.snapshot import Snapshot
from refarch.mapreduce.units import format_bytes, format_count, format_seconds

INTERRUPTED = 130


class LogLines:
    """For logs: a line whenever something has changed."""

    def __init__(self) -> None:
        self._last = ""

    def area(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def say(self, text: str) -> None:
        click.echo(text, err=True)

    def show(self, snapshot: Snapshot) -> None:
        line = progress_line(snapshot)
        if line != self._last:
            self._last = line
            self.say(f"{snapshot.elapsed:8.1f} s  {line}")


class Bars:
    """For terminals: a bar for mappers and one for reducers, which stay where they are."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<8}"),
            BarColumn(bar_width=40),
            MofNCompleteColumn(),
            TextColumn("{task.fields[about]}"),
            console=console,
        )
        self._rows: dict[str, TaskID] = {}

    def area(self) -> AbstractContextManager[Any]:
        return self._progress

    def say(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False)

    def show(self, snapshot: Snapshot) -> None:
        read = f"{format_bytes(snapshot.bytes_done)} of {format_bytes(snapshot.input_bytes)}"
        rows = f"{format_count(snapshot.rows)} rows"
        self._row("mappers", snapshot.mappers_done, snapshot.mappers_total, f"{read}, {rows}")
        about = f"{snapshot.stage}, {format_seconds(snapshot.elapsed)}"
        self._row("reducers", snapshot.reducers_done, snapshot.reducers_total, about)

    def _row(self, name: str, done: int, total: int, about: str) -> None:
        if name not in self._rows:
            self._rows[name] = self._progress.add_task(name, about="")
        self._progress.update(self._rows[name], completed=done, total=max(total, 1), about=about)


def progress_line(snapshot: Snapshot) -> str:
    """A snapshot in one line, without its time."""
    parts = [
        f"{snapshot.state if snapshot.ended else snapshot.stage}:",
        f"mappers {snapshot.mappers_done}/{snapshot.mappers_total},",
        f"reducers {snapshot.reducers_done}/{snapshot.reducers_total},",
        f"{format_bytes(snapshot.bytes_done)} of {format_bytes(snapshot.input_bytes)},",
        f"{format_count(snapshot.rows)} rows",
    ]
    return " ".join(parts)


def failure_line(failure: Any) -> str:
    """One failed attempt in one line."""
    step = f" of step {failure['step']}" if failure.get("step") else ""
    return (
        f"{failure['stage']} {failure['id']}{step}, attempt {failure['attempt']} failed: "
        f"{failure['errorType']}: {failure['error']}"
    )


def follow(session: Session, watcher: JobWatcher) -> Snapshot:
    """Show the job until it ends; its last snapshot. Ctrl-C leaves the job running and exits with 130."""
    console = Console(stderr=True)
    display: Bars | LogLines = Bars(console) if console.is_terminal else LogLines()
    try:
        with display.area():
            return _watch(watcher, display, session.surroundings.sleep)
    except KeyboardInterrupt:
        job_id = watcher.layout.job_id
        click.echo(f"\njob {job_id} runs on. Come back to it with one of:", err=True)
        for verb in ("status", "wait", "cancel"):
            click.echo(f"  {session.command(verb, job_id)}", err=True)
        raise SystemExit(INTERRUPTED) from None


def _watch(watcher: JobWatcher, display: Bars | LogLines, sleep: Callable[[float], None]) -> Snapshot:
    told: set[tuple[Any, ...]] = set()
    for snapshot in snapshots_until_end(watcher, sleep=sleep):
        for failure in snapshot.failures:
            attempt = (failure["stage"], failure.get("step"), failure["id"], failure["attempt"])
            if attempt not in told:
                told.add(attempt)
                display.say(failure_line(failure))
        display.show(snapshot)
    return snapshot
