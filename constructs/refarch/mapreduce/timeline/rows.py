"""Which row a bar is drawn in, and how high rows are. Pure geometry."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from refarch.mapreduce.timeline.model import Bar, Stage

MOST_TASK_ROWS = 200
"""With more bars than this, a row is a lane of tasks that follow each other instead of one task."""
_CHART_HEIGHT = 640.0
_MAX_ROW = 20.0
_MIN_ROW = 1.5
_FEW_ROWS = 8


@dataclass(frozen=True, slots=True)
class Placed:
    """A bar and its row, counted from the top of its stage."""

    bar: Bar
    row: int


def place(stage: Stage, *, lanes: bool) -> tuple[list[Placed], int]:
    """The stage's bars with their rows, and the number of rows."""
    return _lanes(stage.bars) if lanes else _one_row_a_task(stage.bars)


def row_height(rows: int) -> float:
    """Height of a row so that a job fits on one page: 20 for few, down to 1.5 for a thousand."""
    return max(_MIN_ROW, min(_MAX_ROW, _CHART_HEIGHT / max(rows, _FEW_ROWS)))


def running(stages: Sequence[Stage]) -> list[tuple[float, int]]:
    """How many tasks run, as steps: (time, number from then on)."""
    changes = sorted(
        change for stage in stages for bar in stage.bars for change in ((bar.start, 1), (bar.end, -1)) if bar.end > 0
    )
    steps, count = [], 0
    for moment, change in changes:
        count += change
        steps.append((moment, count))
    return steps


def _one_row_a_task(bars: Sequence[Bar]) -> tuple[list[Placed], int]:
    rows = {task_id: row for row, task_id in enumerate(sorted({bar.task_id for bar in bars}))}
    return [Placed(bar, rows[bar.task_id]) for bar in bars], len(rows)


def _lanes(bars: Sequence[Bar]) -> tuple[list[Placed], int]:
    """As few lanes as bars overlap: a bar takes the lane that has been free the longest."""
    placed: list[Placed] = []
    free_from: list[tuple[float, int]] = []
    for bar in sorted(bars, key=lambda bar: (bar.start, bar.task_id, bar.attempt)):
        if free_from and free_from[0][0] <= bar.start:
            _, row = heapq.heappop(free_from)
        else:
            row = len(free_from)
        placed.append(Placed(bar, row))
        heapq.heappush(free_from, (bar.end, row))
    return placed, len(free_from)
