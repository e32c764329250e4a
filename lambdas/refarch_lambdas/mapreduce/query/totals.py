"""Runs a query's statement on files, and keeps the partial groups in a table of DuckDB until all files are through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from refarch_lambdas.mapreduce.bad_records import SAMPLES, BadRecords
from refarch_lambdas.mapreduce.errors import PermanentError
from refarch_lambdas.mapreduce.query import statement
from refarch_lambdas.mapreduce.query.document import Query
from refarch_lambdas.mapreduce.query.engine import ROWS, Engine, NoRoom
from refarch_lambdas.mapreduce.query.partials import keys_of, partials_of
from refarch_lambdas.mapreduce.values import are_jsonable

Groups = tuple[list[str], list[Any]]
Add = Callable[[list[str], list[Any]], None]
Describe = Callable[[list[int]], list[tuple[int, str]]]
"""From numbers of records in a file to their (offset, text), for samples of bad records."""

_TABLE: Final = "partials"
_COUNTS: Final = f"SELECT sum(n), sum(bad), count(*) FROM {_TABLE}"  # noqa: S608


class Totals:
    """`rows` counts all records, also those that are bad or left out. `add` takes groups that are too many for the
    table, as keys and partials; the rest is given by `groups` when all input was run."""

    def __init__(self, query: Query, engine: Engine, bad: BadRecords, add: Add) -> None:
        self.query, self.engine, self.bad = query, engine, bad
        self.rows = 0
        self.added = False
        self._add = add
        self._width = max(1, len(query.group_by))
        self._files = 0
        self._counted = (0, 0)

    def run(self, source: str, key: str, describe: Describe, where: str = "") -> None:
        """Aggregate `source`, SQL that reads one file of the object `key`. `RefusedInput`: nothing of it counts."""
        selected = statement.aggregate(self.query, source, where)
        try:
            rows, spoilt = self._store(selected)
        except NoRoom:
            self._pass_on()
            rows, spoilt = self._stream(selected)
        self.rows += rows
        if spoilt:
            self._note(spoilt, source, key, describe, where)

    def groups(self) -> Iterator[Groups]:
        """Keys and partials of the groups in the table, some thousands at a time. Every key comes once."""
        if self._files:
            for batch in self.engine.rows(statement.groups(self.query, _TABLE, merged=self._files == 1)):
                columns = list(zip(*batch, strict=True))
                yield self._groups(columns[: self._width], columns[self._width :])

    def _store(self, selected: str) -> tuple[int, int]:
        """(records, bad ones) of what was selected into the table."""
        begin = f"INSERT INTO {_TABLE}" if self._files else f"CREATE TEMP TABLE {_TABLE} AS"
        self.engine.all(f"{begin} {selected}")
        self._files += 1
        ((rows, spoilt, groups),) = self.engine.all(_COUNTS)
        new = (rows or 0) - self._counted[0], (spoilt or 0) - self._counted[1]
        self._counted = rows or 0, spoilt or 0
        if groups > ROWS:
            self._pass_on()
        return new

    def _pass_on(self) -> None:
        for keys, values in self.groups():
            self._give(keys, values)
        if self._files:
            self.engine.all(f"DROP TABLE {_TABLE}")
        self._files, self._counted = 0, (0, 0)

    def _stream(self, selected: str) -> tuple[int, int]:
        """The same without the table."""
        rows = spoilt = 0
        for batch in self.engine.rows(selected):
            rows += sum(row[self._width] for row in batch)
            spoilt += sum(row[self._width + 1] for row in batch)
            columns = list(zip(*(row for row in batch if row[0] is not None), strict=True))
            if columns:
                self._give(*self._groups(columns[: self._width], columns[self._width + 2 :]))
        return rows, spoilt

    def _give(self, keys: list[str], values: list[Any]) -> None:
        self.added = True
        self._add(keys, values)

    def _groups(self, keys: list[tuple[Any, ...]], partials: list[tuple[Any, ...]]) -> Groups:
        values = partials_of(self.query, partials)
        if not are_jsonable(values):
            raise PermanentError("a sum went beyond the range of a double; JSON cannot carry infinity")
        return keys_of(self.query, keys), values

    def _note(self, count: int, source: str, key: str, describe: Describe, where: str) -> None:
        wanted = min(count, SAMPLES - len(self.bad.samples))
        if wanted > 0:
            found = self.engine.all(statement.bad_rows(self.query, source, where, wanted))
            for offset, record in describe([number for (number,) in found]):
                self.bad.add(key, offset, record, "a value is none of its column's type, or is not finite")
                count -= 1
        self.bad.add_more(count)
