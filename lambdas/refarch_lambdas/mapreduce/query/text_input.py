"""CSV and JSON lines: blocks of whole lines go to a file on disk, and DuckDB reads that.

A record is one line, as in every other job. Where quotes or carriage returns could make DuckDB see that differently,
or where it refuses the file, the lines are looked at in small pieces, and the odd ones with Python's own csv and json.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from refarch_lambdas.mapreduce.query import statement
from refarch_lambdas.mapreduce.query.document import Query
from refarch_lambdas.mapreduce.query.engine import RefusedInput
from refarch_lambdas.mapreduce.query.totals import Describe, Totals

FILE_BYTES: Final = 128 * 2**20  # written over and over: the pages stay in memory, and fresh ones are dear
PIECE_BYTES: Final = 2**20
PLAIN, QUOTED, ODD = 0, 1, 2
Line = tuple[int, str]


class TextInput:
    """Takes blocks of whole lines in order, aggregates them file by file. `finish` after the last block."""

    def __init__(self, totals: Totals, key: str, scratch: Path, *, file_bytes: int = FILE_BYTES) -> None:
        self._totals, self._query, self._key = totals, totals.query, key
        self._path = scratch / "lines"
        self._file_bytes = file_bytes
        self._file = self._path.open("wb", buffering=0)
        self._start = self._size = 0
        self._shape = PLAIN
        self._regular = regular_lines(self._query.delimiter)
        # A blank line is no record, but with one column, or blanks between them, it looks like one.
        self._blank_looks_full = len(self._query.columns) == 1 or self._query.delimiter.isspace()

    def add(self, offset: int, block: bytes) -> None:
        if not self._size:
            self._start = offset
        self._shape = max(self._shape, self._shape_of(block))
        self._file.write(block)
        self._size += len(block)
        if self._size >= self._file_bytes:
            self.finish()

    def finish(self) -> None:
        if self._size:
            self._aggregate_file()
        self._file.seek(0)
        self._size, self._shape = 0, PLAIN

    def close(self) -> None:
        self._file.close()
        self._path.unlink()

    def _shape_of(self, block: bytes) -> int:
        if self._query.format == "json":
            return PLAIN
        if self._blank_looks_full and any(not line.strip() for line in block.removesuffix(b"\n").split(b"\n")):
            return ODD
        if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):
            return ODD
        if b'"' not in block:
            return PLAIN
        return QUOTED if self._regular.fullmatch(block) else ODD

    def _aggregate_file(self) -> None:
        self._file.truncate()
        if self._shape != ODD and any(self._runs(typed) for typed in (True, False)):
            return
        with self._path.open("rb") as file:
            offset = self._start
            while lines := file.readlines(PIECE_BYTES):
                self._aggregate_piece(offset, lines)
                offset += sum(map(len, lines))

    def _runs(self, typed: bool) -> bool:
        """Whether DuckDB takes the file. Most files hold no bad number: so first at their best."""
        if typed and self._query.format == "json":
            return False
        try:
            self._run(self._path, self._shape == QUOTED, self._describe, typed=typed)
        except RefusedInput:
            return False
        return True

    def _run(self, path: Path, quoted: bool, describe: Describe, *, typed: bool = False) -> None:
        if self._query.format == "json":
            source = statement.json_source(str(path))
        else:
            source = statement.csv_source(self._query, str(path), quoted=quoted, typed=typed)
        self._totals.run(source, self._key, describe)

    def _describe(self, numbers: list[int]) -> list[Line]:
        """Where the records with these numbers begin in the object, and their text."""
        found, number, offset = [], 0, self._start
        with self._path.open("rb") as file:
            for raw in file:
                if raw.strip():
                    if number in numbers:
                        found.append((offset, raw.rstrip(b"\r\n").decode(errors="replace")))
                    number += 1
                offset += len(raw)
                if len(found) == len(numbers):
                    break
        return found

    def _aggregate_piece(self, offset: int, raw: list[bytes]) -> None:
        self._run_lines(list(self._sound_lines(offset, raw)))

    def _run_lines(self, lines: list[Line]) -> None:
        """Halve what DuckDB refuses, down to the very line."""
        if not lines:
            return
        path = self._path.with_name("piece")
        path.write_text("".join(self._normal(line) for _, line in lines), encoding="utf-8", newline="")
        try:
            self._run(path, True, lambda numbers: [lines[number] for number in numbers])
        except RefusedInput as error:
            if len(lines) == 1:
                self._totals.rows += 1
                self._totals.bad.add(self._key, *lines[0], str(error))
                return
            middle = len(lines) // 2
            self._run_lines(lines[:middle])
            self._run_lines(lines[middle:])

    def _normal(self, line: str) -> str:
        if self._query.format == "json":
            return line + "\n"
        fields = next(_reader(line, self._query))
        text = io.StringIO()
        csv.writer(text, delimiter=self._query.delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(fields)
        return text.getvalue()

    def _sound_lines(self, offset: int, raw: Iterable[bytes]) -> Iterator[Line]:
        """(offset, line) of the records whose shape is right; the others are counted as bad."""
        for data in raw:
            at, bare = offset, data.removesuffix(b"\n").removesuffix(b"\r")
            offset += len(data)
            try:
                line = bare.decode()
                if not line or line.isspace():
                    continue
                check_shape(line, self._query)
            except (ValueError, csv.Error, RecursionError) as error:  # ValueError: also bytes that are not UTF-8
                self._totals.rows += 1
                self._totals.bad.add(self._key, at, bare.decode(errors="replace"), error)
            else:
                yield at, line


def check_shape(line: str, query: Query) -> None:
    """Raises `ValueError` or `csv.Error` for a line that is no JSON object, or no CSV line of all the columns."""
    if query.format == "json":
        if not isinstance(json.loads(line), dict):
            raise ValueError("the line is no JSON object")
        return
    fields = next(_reader(line, query))
    if len(fields) != len(query.columns):
        raise ValueError(f"the line has {len(fields)} fields, expected are {len(query.columns)}")


def _reader(line: str, query: Query) -> Iterator[list[str]]:
    csv.field_size_limit(2**31 - 1)
    return csv.reader([line], delimiter=query.delimiter, strict=True)


def regular_lines(delimiter: str) -> re.Pattern[bytes]:
    """Lines in which a field holds no quote, or begins and ends with one and doubles those between."""
    mark = re.escape(delimiter.encode())
    field = rb'(?:"(?:[^"\n\r]|"")*+"|[^"\n\r' + mark + rb"]*+)"
    return re.compile(rb"(?:" + field + rb"(?:" + mark + field + rb")*+\r?(?:\n|\Z))*+")
