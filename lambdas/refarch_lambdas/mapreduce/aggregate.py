"""Group pairs by key in bounded memory: combine now and then, spill sorted runs to disk when it gets too much."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from refarch_lambdas.mapreduce.contract import Job, ReduceFunction
from refarch_lambdas.mapreduce.merge import FAN_IN, Merger
from refarch_lambdas.mapreduce.partition import partition_numbers, partitions_of
from refarch_lambdas.mapreduce.runs import Run, Tally, write_run
from refarch_lambdas.mapreduce.user_code import Pair, check_values, user_code_error
from refarch_lambdas.mapreduce.values import held_bytes

COMBINE_PAIRS: Final = 400_000  # fewer passes over all keys, for some 13 MB of waiting numbers
KEY_BYTES: Final = 250  # a str, its place in a dict that has room to grow, and a list for its values
_RESERVED_MB: Final = 160  # Python, boto3, one chunk of lines
_SHARE: Final = 0.5  # of the rest; estimates are estimates, and memory is never packed without gaps


def memory_budget(memory_mb: int) -> int:
    """Bytes that grouped pairs may hold in a Lambda with `memory_mb` MB."""
    return int(max(_RESERVED_MB / 4, (memory_mb - _RESERVED_MB) * _SHARE) * 2**20)


def _key_bytes(keys: list[str]) -> int:
    text = "".join(keys)
    held = len(text) if text.isascii() else sum(len(key) * (1 if key.isascii() else 4) for key in keys)
    return KEY_BYTES * len(keys) + held


class Aggregator:
    """Takes pairs in any order, gives sorted runs, one a partition. `budget`: bytes of memory for what is held."""

    def __init__(self, job: Job, partitions: int, *, budget: int, scratch: Path, fan_in: int = FAN_IN) -> None:
        self._combine = job.combine
        self._partitions = partitions
        self._budget = budget
        self._scratch = scratch
        self._merger = Merger(scratch, combine=job.combine, fan_in=fan_in)
        self._groups: defaultdict[str, list[Any]] = defaultdict(list)
        self._key_bytes = self._value_bytes = self._held = 0
        self._spills: list[list[Run]] = []

    @property
    def spills(self) -> int:
        return len(self._spills)

    def add(self, keys: list[str], values: list[Any]) -> None:
        """Group pairs: `keys` and `values` in step. Raises `UserCodeError` when combine fails."""
        groups = self._groups
        known = len(groups)
        # for key, value in zip(keys, values): groups[key].append(value) -- but every step of it in C
        deque(map(list.append, map(groups.__getitem__, keys), values), maxlen=0)
        self._held += len(values)
        self._value_bytes += held_bytes(values)
        self._key_bytes += _key_bytes(list(islice(reversed(groups), len(groups) - known)))
        self._make_room()

    def _make_room(self) -> None:
        waiting = self._held - len(self._groups)
        if self._combine is not None and waiting > max(COMBINE_PAIRS, len(self._groups)):
            self._combine_all(self._combine)
        if self._key_bytes + self._value_bytes > self._budget:
            if self._combine is not None and self._held > len(self._groups):
                self._combine_all(self._combine)
            if self._key_bytes + self._value_bytes > self._budget // 2:
                self._spill()

    def _combine_all(self, combine: ReduceFunction) -> None:
        key = ""
        try:
            for key, values in self._groups.items():
                if len(values) > 1:
                    values[:] = (combine(key, iter(values)),)
        except MemoryError:
            raise
        except Exception as error:
            raise user_code_error("combine", key, error) from error
        combined = [values[0] for values in self._groups.values()]
        check_values("combine", self._groups, combined)
        self._held = len(combined)
        self._value_bytes = held_bytes(combined)

    def _spill(self) -> None:
        path = self._scratch / f"spill-{len(self._spills)}"
        with path.open("wb") as file:
            self._spills.append([write_run(file, path, pairs) for pairs in self._held_partitions()])
        self._groups.clear()
        self._key_bytes = self._value_bytes = self._held = 0

    def _held_partitions(self) -> Iterator[Iterator[Pair]]:
        for keys in partitions_of(sorted(self._groups), self._partitions):
            lists = map(self._groups.__getitem__, keys)
            if self._held == len(self._groups):
                yield zip(keys, map(itemgetter(0), lists), strict=True)
            else:
                yield ((key, value) for key, values in zip(keys, lists, strict=True) for value in values)

    def finish(self, path: Path) -> tuple[list[Run], Tally]:
        """Write one run a partition, one after the other, into `path`."""
        if self._combine is not None and self._held > len(self._groups):
            self._combine_all(self._combine)
        if self._spills and self._groups:
            self._spill()
        tally = Tally()
        with path.open("wb") as file:
            runs = []
            for pairs in self._merged_partitions() if self._spills else self._held_partitions():
                tally.last = None
                runs.append(write_run(file, path, pairs, tally))
        return runs, tally

    def _merged_partitions(self) -> Iterator[Iterator[Pair]]:
        for partition in range(self._partitions):
            yield self._merger.merge([spill[partition] for spill in self._spills if spill[partition].pairs])


def write_groups(pairs: list[Pair], partitions: int, path: Path) -> tuple[list[Run], Tally]:
    """As `finish`, of pairs that were grouped elsewhere: no key comes twice, and all fit into memory."""
    parts: list[list[Pair]] = [[] for _ in range(partitions)]
    pairs = sorted(pairs, key=itemgetter(0))
    for pair, partition in zip(pairs, partition_numbers([key for key, _ in pairs], partitions), strict=True):
        parts[partition].append(pair)
    tally = Tally()
    with path.open("wb") as file:
        return [write_run(file, path, part, tally) for part in parts], tally
