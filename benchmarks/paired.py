"""CPU seconds of programs, run in turns: what a neighbour on the machine takes then hits all of them alike."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """A program to measure. `environment` comes on top of this process's."""

    words: Sequence[str]
    cwd: Path
    environment: Mapping[str, str]

    def cpu(self) -> float:
        """User and system CPU seconds of the program and all that it started. `RuntimeError` where it fails."""
        dropped = ("PYTEST_", "PYTHONDONTWRITEBYTECODE", "CDK_", "JSII_DEBUG")
        plain = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        made = subprocess.run(
            [*self.words],
            cwd=self.cwd,
            env=plain | dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if made.returncode:
            raise RuntimeError(f"{' '.join(self.words)}: {(made.stdout + made.stderr)[-2000:]}")
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def in_turns(pairs: int, warm: Sequence[str] = (), /, **programs: Callable[[], float]) -> dict[str, list[float]]:
    """`pairs` figures of each, one of each a turn, after a turn that warms caches up and is thrown away.

    `warm`: the programs of that turn, where some of them warm up what all of them need (default: all).
    """
    for name in warm or programs:
        programs[name]()
    return {
        name: list(figures)
        for name, figures in zip(
            programs,
            zip(*([measure() for measure in programs.values()] for _ in range(pairs)), strict=True),
            strict=True,
        )
    }


def ratio(own: Sequence[float], peer: Sequence[float]) -> float:
    """The median of the ratios, each of one turn."""
    return statistics.median(one / other for one, other in zip(own, peer, strict=True))
