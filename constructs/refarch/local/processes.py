"""Processes by number *and* start time, and the end of a whole group of them. No dependency: /proc, or `ps`."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def _stat_fields(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat from the third (state) on; the second may hold blanks and brackets."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def start_time(pid: int) -> str | None:
    """When the process started, as the system tells it; None when it is gone or only waits to be collected."""
    if PROC.joinpath("self").exists():
        try:
            fields = _stat_fields(pid)
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in "ZX" else fields[19]
    shown = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = shown.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()


def is_running(pid: int, process_start: str) -> bool:
    """Whether `pid` is still the process that started then, and not another that got its number."""
    with contextlib.suppress(ChildProcessError, OSError):
        os.waitpid(pid, os.WNOHANG)  # ours and ended: collect it, or its number stays taken
    return start_time(pid) == process_start


def environment_of(pid: int) -> dict[str, str]:
    """The environment a process was started with (Linux); empty when it is gone or not ours to read."""
    try:
        raw = (PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return {}
    pairs = (entry.partition(b"=") for entry in raw.split(b"\0") if entry)
    return {name.decode(errors="replace"): value.decode(errors="replace") for name, _, value in pairs}


def processes_with(variable: str, value: str) -> Iterator[tuple[int, int]]:
    """(process, parent) of every living process that was started with this environment variable (Linux)."""
    for entry in PROC.iterdir() if PROC.is_dir() else ():
        if entry.name.isdigit() and environment_of(int(entry.name)).get(variable) == value:
            with contextlib.suppress(OSError):
                yield int(entry.name), int(_stat_fields(int(entry.name))[1])


def end_process(pid: int, process_start: str, grace: float) -> None:
    """Ask the process to end, and after `grace` seconds make it end. Nothing happens when it is not that process."""
    if not is_running(pid, process_start):
        return
    _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline:
        if not is_running(pid, process_start):
            return
        time.sleep(0.02)
    _signal(pid, signal.SIGKILL)
    while is_running(pid, process_start):
        time.sleep(0.02)


def end_marked(variable: str, value: str) -> int:
    """Kill what was started with this environment variable and is left over; the number of processes."""
    found = [pid for pid, _ in processes_with(variable, value) if pid != os.getpid()]
    for pid in found:
        _signal(pid, signal.SIGKILL)
    return len(found)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
