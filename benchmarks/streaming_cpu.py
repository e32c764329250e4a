"""CPU seconds of a program and of all that it started, from /proc: neighbours on the machine do not change them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from rehearsals.streaming_processes import Group

TICKS: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True)
class Process:
    """One of /proc (proc(5)): its `stat`, and each thread's `schedstat`, in nanoseconds where `stat` has ticks."""

    stat: str
    threads: tuple[str, ...] = ()

    @property
    def parent(self) -> int:
        return int(self._fields[1])

    @property
    def seconds(self) -> float:
        """User and system, and of ended children that were waited for.

        Threads that ended are in `stat` alone, what is less than a tick in the others alone: the greater is nearer.
        """
        user, system, *children = (int(each) / TICKS for each in self._fields[11:15])
        running = sum(int(each.split()[0]) for each in self.threads) / 1e9
        return max(running, user + system) + sum(children)

    @property
    def _fields(self) -> list[str]:
        return self.stat.rpartition(")")[2].split()


def spent(group: Group) -> float:
    """CPU seconds until now of a running group."""
    if group.process is None:
        raise RuntimeError("the program does not run")
    found: dict[int, Process] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            found[int(stat.parent.name)] = Process(stat.read_text())
    members = family(group.process.pid, found)
    threads = {pid: tuple(_read(Path("/proc", str(pid)).glob("task/*/schedstat"))) for pid in members}
    return sum(replace(found[pid], threads=threads[pid]).seconds for pid in members)


def family(first: int, processes: Mapping[int, Process]) -> list[int]:
    """`first` and its descendants."""
    children: dict[int, list[int]] = {}
    for pid, each in processes.items():
        children.setdefault(each.parent, []).append(pid)
    found = [first]
    for pid in found:
        found += children.get(pid, [])
    return [pid for pid in found if pid in processes]


def _read(files: Iterable[Path]) -> Iterable[str]:
    for each in files:
        with suppress(OSError):  # a thread that has just ended
            yield each.read_text()
