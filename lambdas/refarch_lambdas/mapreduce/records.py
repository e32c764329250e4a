"""From lines to checked key-value pairs: parse, map, check. A whole chunk at a time where nothing goes wrong.

The fast way maps and checks a chunk in a few calls that run in C. Only where that finds a fault it looks at single
records, so that just the faulty ones are left out, and nothing of them gets in.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Final

from refarch_lambdas.mapreduce.bad_records import BadRecords
from refarch_lambdas.mapreduce.contract import Job
from refarch_lambdas.mapreduce.line_chunk import LineChunk
from refarch_lambdas.mapreduce.values import are_jsonable

_SEQUENCES: Final = frozenset({tuple, list})
_NOTHING: Final[tuple[Any, ...]] = ()


class RecordMapper:
    """Applies the job's `map` to lines. Records that fail go to `bad`. `rows` counts all records."""

    def __init__(self, job: Job, bad: BadRecords) -> None:
        self._job = job
        self._bad = bad
        self.rows = 0
        if job.record_format == "csv":
            csv.field_size_limit(2**31 - 1)  # its default, 128 KiB, is far below the longest line that we allow

    def pairs(self, chunk: LineChunk, key: str) -> tuple[list[str], list[Any]]:
        """The keys and the values, in step, that the chunk's good records give. `key` of the object, for samples."""
        for line in chunk.undecodable:
            self._bad.add(key, line.offset, line.data.decode(errors="replace"), line.error)
        if self._job.record_format != "text":
            chunk = chunk.without_blank_lines()
        self.rows += len(chunk.lines) + len(chunk.undecodable)

        def fail(index: int, error: BaseException | str) -> None:
            self._bad.add(key, chunk.position(index), chunk.lines[index], error)

        outputs = _map_all(*self._records(chunk.lines), fail)
        _materialise(outputs, fail)
        sound = _keys_and_values(outputs)
        if sound is None:
            _drop_faulty(outputs, fail)
            flat = list(chain.from_iterable(chain.from_iterable(outputs)))
            sound = flat[::2], flat[1::2]
        return sound

    def _records(self, lines: list[str]) -> tuple[Callable[[Any], Any], list[Any]]:
        """What to call, and on what, for every line."""
        function = self._job.map
        if self._job.record_format == "json":
            return lambda line: function(json.loads(line)), lines
        if self._job.record_format == "csv":
            rows = _csv_rows(lines)
            if rows is None:
                return lambda line: function(_csv_row(line)), lines
            return function, rows
        return function, lines


def _csv_rows(lines: list[str]) -> list[list[str]] | None:
    """All lines at once; None when a quote is open at the end of one (the next line would become a part of it)."""
    try:
        rows = list(csv.reader(lines, strict=True))
    except csv.Error:
        return None
    return rows if len(rows) == len(lines) else None


def _csv_row(line: str) -> list[str]:
    return next(csv.reader([line], strict=True))


def _map_all(
    function: Callable[[Any], Any], records: list[Any], fail: Callable[[int, BaseException | str], None]
) -> list[Any]:
    """What `function` gives for each record; nothing for one that raises."""
    outputs: list[Any] = []
    remaining: Iterator[Any] = iter(records)
    while len(outputs) < len(records):
        error: BaseException | str = "StopIteration"  # would end the loop inside `extend` without a word
        try:
            outputs.extend(map(function, remaining))
        except MemoryError:
            raise
        except Exception as caught:
            error = caught
        if len(outputs) < len(records):
            fail(len(outputs), error)
            outputs.append(_NOTHING)
    return outputs


def _materialise(outputs: list[Any], fail: Callable[[int, BaseException | str], None]) -> None:
    """Run generators to their end: one that fails half-way must not leave its first pairs behind."""
    if set(map(type, outputs)) <= _SEQUENCES:
        return
    for index, output in enumerate(outputs):
        if type(output) not in _SEQUENCES:
            try:
                outputs[index] = tuple(output)
            except MemoryError:
                raise
            except Exception as error:
                fail(index, error)
                outputs[index] = _NOTHING


def _keys_and_values(outputs: list[Any]) -> tuple[list[str], list[Any]] | None:
    """All keys and all values, in step; None when anything is wrong with any of them."""
    pairs = list(chain.from_iterable(outputs))
    if not (set(map(type, pairs)) <= _SEQUENCES and set(map(len, pairs)) <= {2}):
        return None
    flat = list(chain.from_iterable(pairs))
    keys, values = flat[::2], flat[1::2]
    try:
        text = "".join(keys)  # fails for keys that are no strings
    except TypeError:
        return None
    return (keys, values) if _encodable(text) and are_jsonable(values) else None


def _drop_faulty(outputs: list[Any], fail: Callable[[int, BaseException | str], None]) -> None:
    for index, output in enumerate(outputs):
        problem = next(filter(None, map(_pair_problem, output)), None)
        if problem is not None:
            fail(index, problem)
            outputs[index] = _NOTHING


def _pair_problem(pair: Any) -> str | None:
    if type(pair) not in _SEQUENCES or len(pair) != 2:
        return f"map gave {pair!r:.200}: must be a pair (key, value)"
    key, value = pair
    if not isinstance(key, str):
        return f"map gave the key {key!r:.200}: must be a str"
    if not _encodable(key):
        return f"map gave the key {key!r:.200}: UTF-8 cannot carry it"
    if not are_jsonable([value]):
        return f"map gave the value {value!r:.200}: JSON cannot carry it (NaN and Infinity are no JSON numbers)"
    return None


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
