"""Do two runs say the same? The ratios of two kept runs side by side; none may differ by more than 15 %.

    python -m benchmarks.agree [RUN RUN]

RUN is a file that `make bench` kept (docs/benchmarks/runs, or .refarch/bench/runs for quick ones); without any, the two
newest of docs/benchmarks/runs. Exit code 1 where a figure differs by more, or is in one of them only. Some figures
cannot be that steady (`UNSTEADY`); they are shown with the reason, and not judged.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.figures import NOISE, Figure
from benchmarks.javascript import ROOT
from benchmarks.report import figures_of

RUNS: Final = ROOT / "docs" / "benchmarks" / "runs"
CPU: Final = "CPU"
UNSTEADY: Final = (
    ("streaming: ", "one event, watched once, in seconds by the wall or in counts"),
    ("local cloud: ", "seconds by the wall: who waits for whom depends on the machine's neighbours"),
    ("growth: ", "measured beside itself at smaller sizes, not beside a peer in the same turns"),
)
"""Beginning of a figure's name, and why it is not judged unless it is CPU of a peer in the same turns."""


@dataclass(frozen=True)
class Pair:
    """One figure in both runs; None where a run has it not."""

    name: str
    peer: str
    first: Figure | None
    second: Figure | None

    @property
    def apart(self) -> float:
        """The greater ratio by the lesser, at least 1; infinite where one is missing."""
        if self.first is None or self.second is None:
            return float("inf")
        least, most = sorted((self.first.ratio, self.second.ratio))
        return most / least if least > 0 else 1.0 if most == least else float("inf")

    @property
    def excuse(self) -> str:
        """Why it is not judged; empty where it is."""
        made = self.first or self.second
        whys = [why for beginning, why in UNSTEADY if self.name.startswith(beginning)]
        steady = made is not None and made.unit.startswith(CPU) and not self.name.startswith("growth: ")
        return whys[0] if whys and not steady else ""

    @property
    def verdict(self) -> str:
        if self.excuse:
            return f"not judged: {self.excuse}"
        if self.first is None or self.second is None:
            return "IN ONE RUN ONLY"
        return "agrees" if self.apart <= NOISE else "DIFFERS"


def pairs(first: list[Figure], second: list[Figure]) -> Iterator[Pair]:
    """Every figure of either run, by its name and its peer, in the order of the first."""
    sides = [{(each.name, each.peer): each for each in figures} for figures in (first, second)]
    for name, peer in dict.fromkeys([*sides[0], *sides[1]]):
        yield Pair(name, peer, *(side.get((name, peer)) for side in sides))


def table(compared: list[Pair]) -> Iterator[str]:
    yield "| figure | peer | first | second | apart | |\n|---|---|---|---|---|---|"
    for each in compared:
        ratios = [f"{side.ratio:.3g}" if side else "" for side in (each.first, each.second)]
        apart = "" if each.apart == float("inf") else f"{(each.apart - 1) * 100:.0f} %"
        yield f"| {each.name} | {each.peer} | {ratios[0]} | {ratios[1]} | {apart} | {each.verdict} |"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("runs", nargs="*", type=Path, metavar="RUN")
    chosen = options.parse_args().runs or sorted(RUNS.glob("*.json"))[-2:]
    if len(chosen) != 2:
        options.error(f"two runs, not {len(chosen)}")
    runs = [json.loads(path.read_text()) for path in chosen]
    if runs[0]["quick"] != runs[1]["quick"]:
        options.error("a quick run and a full one measure other sizes")
    compared = list(pairs(figures_of(runs[0]), figures_of(runs[1])))
    print("\n".join(table(compared)))
    apart = [each.name for each in compared if each.verdict.isupper()]
    judged = sum(not each.excuse for each in compared)
    agreeing, others = judged - len(apart), len(compared) - judged
    print(f"\n{agreeing} of {judged} figures agree within {NOISE - 1:.0%}; {others} are not judged")
    return 1 if apart or not judged else 0


if __name__ == "__main__":
    sys.exit(main())
