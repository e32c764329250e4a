"""Many sorted runs become one: k-way merge with a bounded number of files open at a time."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Final
from uuid import uuid4

from refarch_lambdas.mapreduce.contract import ReduceFunction
from refarch_lambdas.mapreduce.runs import Run, read_run, write_run
from refarch_lambdas.mapreduce.user_code import Pair, combined

FAN_IN: Final = 128
_key_of = itemgetter(0)


class Merger:
    """Merges runs. `scratch`: folder for intermediate runs. At most `fan_in` (at least 2) runs are read at a time;
    more are merged in several passes, in which `combine`, if there is one, makes the data smaller.

    Pairs with the same key come in the order of their runs, so the same runs always give the same output.
    """

    def __init__(self, scratch: Path, *, combine: ReduceFunction | None = None, fan_in: int = FAN_IN) -> None:
        self._scratch = scratch
        self._combine = combine
        self.fan_in = max(2, fan_in)

    def merge(self, runs: Sequence[Run], on_read: Callable[[int], None] | None = None) -> Iterator[Pair]:
        """All pairs in key order. `on_read` hears how many pairs were read from `runs` themselves."""
        if len(runs) > self.fan_in:
            runs = [self.merge_to_run(group, on_read) for group in self.groups(runs)]
            return self.merge(runs)
        return self._merge_once(runs, on_read)

    def groups(self, runs: Sequence[Run]) -> Iterator[Sequence[Run]]:
        """Neighbours, at most `fan_in` of them together."""
        return (runs[begin : begin + self.fan_in] for begin in range(0, len(runs), self.fan_in))

    def merge_to_run(self, runs: Sequence[Run], on_read: Callable[[int], None] | None = None) -> Run:
        """Merge at most `fan_in` runs into a temporary one."""
        path = self._scratch / f"merged-{uuid4().hex}"
        with path.open("wb") as file:
            run = write_run(file, path, self._merge_once(runs, on_read))
        return Run(run.path, run.offset, run.length, run.pairs, temporary=True)

    def _merge_once(self, runs: Sequence[Run], on_read: Callable[[int], None] | None) -> Iterator[Pair]:
        merged: Iterator[Pair] = heapq.merge(*(read_run(run, on_read) for run in runs), key=_key_of)
        yield from merged if self._combine is None else combined("combine", self._combine, merged)
        for run in runs:
            if run.temporary:
                run.path.unlink()
