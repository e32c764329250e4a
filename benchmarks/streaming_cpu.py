"""CPU seconds of a program and of all that it started, from /proc: neighbours on the machine do not change them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
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
        """User and system, and of ended children that were waited for."""
        user, system, *children = (int(each) / TICKS for each in self._fields[11:15])
        own = sum(int(each.split()[0]) for each in self.threads) / 1e9 if self.threads else user + system
        return own + sum(children)

    @property
    def _fields(self) -> list[str]:
        return self.stat.rpartition(")")[2].split()


def spent(group: Group) -> float:
    """CPU seconds until now of a running group."""
    if group.process is None:
        raise RuntimeError("the program does not run")
    found: dict[int, Process] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            found[int(folder.name)] = Process(
                (folder / "stat").read_text(), tuple(_read(folder.glob("task/*/schedstat")))
            )
    return of_family(group.process.pid, found)


def of_family(first: int, processes: Mapping[int, Process]) -> float:
    """CPU seconds of `first` and its descendants."""
    children: dict[int, list[int]] = {}
    for pid, each in processes.items():
        children.setdefault(each.parent, []).append(pid)
    family = [first]
    for pid in family:
        family += children.get(pid, [])
    return sum(processes[pid].seconds for pid in family if pid in processes)


def _read(files: Iterable[Path]) -> Iterable[str]:
    for each in files:
        with suppress(OSError):  # a thread that has just ended
            yield each.read_text()
