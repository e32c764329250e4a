"""CPU seconds of a program and of all that it started, from /proc: neighbours on the machine do not change them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from rehearsals.streaming_processes import Group

TICKS: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def spent(group: Group) -> float:
    """User and system CPU seconds until now of a running group, its ended children's included."""
    if group.process is None:
        raise RuntimeError("the program does not run")
    stats: dict[int, str] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            stats[int(path.parent.name)] = path.read_text()
    return of_family(group.process.pid, stats)


def of_family(first: int, stats: Mapping[int, str]) -> float:
    """CPU seconds of `first` and its descendants, from the text of each process's /proc/PID/stat (proc(5))."""
    fields = {pid: text.rpartition(")")[2].split() for pid, text in stats.items()}
    children: dict[int, list[int]] = {}
    for pid, each in fields.items():
        children.setdefault(int(each[1]), []).append(pid)
    family = [first]
    for pid in family:
        family += children.get(pid, [])
    # utime, stime, and of children that were waited for cutime, cstime
    return sum(int(each) for pid in family if pid in fields for each in fields[pid][11:15]) / TICKS
