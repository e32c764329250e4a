"""The table of docs/streaming/benchmark.md, from a run that was kept or from the figures of benchmarks.streaming.

python -m benchmarks.streaming_table FILE
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, read
from benchmarks.streaming_figures import PART
from benchmarks.streaming_original import NAME as ORIGINAL
from benchmarks.streaming_peer import NAME as PEER


def table(figures: Iterable[Figure]) -> Iterator[str]:
    """Lines of Markdown: a row for each name, both peers beside ours."""
    rows: dict[str, dict[str, Figure]] = {}
    for each in figures:
        rows.setdefault(each.name.removeprefix(f"{PART}: "), {})[each.peer] = each
    yield f"| | unit | ours | the original's | ratio | {PEER} | ratio |"
    yield "|---|---|---|---|---|---|---|"
    for name, both in rows.items():
        first = next(iter(both.values()))
        cells = [_cells(both[peer]) if peer in both else "| " for peer in (ORIGINAL, PEER)]
        yield f"| {name} | {first.unit} | {_number(first.value)} | {' | '.join(cells)} |"


def figures_in(content: dict[str, Any]) -> list[Figure]:
    """Of a run of all benchmarks, or of this one alone."""
    return read(content.get("benchmarks", {}).get("benchmarks.streaming", content))


def _cells(figure: Figure) -> str:
    return f"{_number(figure.peer_value)} | **{figure.ratio:.2f}**"


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def main() -> int:
    print("\n".join(table(figures_in(json.loads(Path(sys.argv[1]).read_text())))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
