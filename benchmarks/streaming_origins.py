"""How much of what viewers ask for reaches an origin: two equal crowds, at two edges, at the same time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.streaming_systems import System
from refarch.streaming.load.crowd import Load, run
from refarch.streaming.load.report import Report

_ASKED = re.compile(r'"GET (/hls/\S+) HTTP')
VIEWERS: Final = 60


@dataclass(frozen=True)
class Shielded:
    """`at_edge`, `at_origin`: requests a second. `herd`: how often one segment was asked of an origin, at most."""

    at_edge: float
    at_origin: float
    herd: int
    errors: int
    hit_ratio: float


def shielded(systems: list[System], seconds: float) -> list[Shielded]:
    """Lets a crowd of `VIEWERS` watch each edge for `seconds`."""
    load = Load(viewers=VIEWERS, seconds=seconds, ramp_seconds=seconds / 5, timeout=10)
    before = [[len(_lines(log)) for log in system.origin_logs] for system in systems]
    with ThreadPoolExecutor(len(systems)) as pool:
        reports = list(pool.map(lambda system: run(system.master, load), systems))
    return [
        _shielded(
            report, [line for log, start in zip(system.origin_logs, had, strict=True) for line in _lines(log)[start:]]
        )
        for system, report, had in zip(systems, reports, before, strict=True)
    ]


def _shielded(report: Report, lines: list[str]) -> Shielded:
    paths = asked(lines)
    return Shielded(
        report.requests_per_second, paths.total() / report.seconds, herd(paths), report.errors, report.hit_ratio or 0.0
    )


def asked(lines: Iterable[str]) -> Counter[str]:
    """How often each playlist and segment was asked for, from an nginx access log."""
    return Counter(found[1] for line in lines if (found := _ASKED.search(line)))


def herd(paths: Counter[str]) -> int:
    return max((count for path, count in paths.items() if path.endswith(".ts")), default=0)


def _lines(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []
