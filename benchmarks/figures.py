"""What a benchmark hands to the report: figures, each beside a peer that ran in the same turns."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.paired import ratio

NOISE: Final = 1.15
"""By how much ratios of two runs may differ: `python -m benchmarks.agree`. A limit has no such room."""


@dataclass(frozen=True)
class Figure:
    """One comparison. `ratio`: ours by the peer's; `limit`: what it may be at most (with `floor`, at least)."""

    name: str
    value: float
    peer: str
    peer_value: float
    unit: str
    ratio: float
    limit: float | None = None
    floor: bool = False

    @property
    def state(self) -> str:
        """`kept` or `missed`; empty without a limit."""
        if self.limit is None:
            return ""
        kept = self.ratio >= self.limit if self.floor else self.ratio <= self.limit
        return "kept" if kept else "missed"

    @property
    def line(self) -> str:
        limit = "" if self.limit is None else f" ({'at least' if self.floor else 'at most'} {self.limit:g})"
        missed = "  MISSED" if self.state == "missed" else ""
        return f"{self.name:<52} {self.ratio:>8.3f} of {self.peer}{limit}{missed}"


def median(values: Sequence[float]) -> float:
    """The middle one; of an even number the upper of the two, so that it is a figure that was measured."""
    return sorted(values)[len(values) // 2]


def compared(
    name: str,
    own: Sequence[float],
    peer: str,
    other: Sequence[float],
    *,
    limit: float | None = None,
    unit: str = "CPU s",
) -> Figure:
    """A figure from turns: medians of both sides, and the median of the ratios."""
    return Figure(name, round(median(own), 3), peer, round(median(other), 3), unit, round(ratio(own, other), 3), limit)


def options(documentation: str | None) -> argparse.Namespace:
    """`--quick` and `--output`, as every benchmark has them."""
    parser = argparse.ArgumentParser(description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer turns, smaller inputs")
    parser.add_argument("--output", type=Path, help="write the figures as JSON to this file")
    return parser.parse_args()


def deliver(figures: Iterable[Figure], output: Path | None, **more: Any) -> int:
    """Prints and writes; the exit code: 1 where a limit is missed."""
    made = list(figures)
    for each in made:
        print(each.line)
    if output:
        output.write_text(json.dumps({"figures": [asdict(each) for each in made], **more}, indent=1) + "\n")
    return 1 if any(each.state == "missed" for each in made) else 0


def read(content: Mapping[str, Any]) -> list[Figure]:
    """The figures of a file that `deliver` wrote."""
    return [Figure(**each) for each in content.get("figures", ())]
