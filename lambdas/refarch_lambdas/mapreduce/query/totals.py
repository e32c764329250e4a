"""Runs a query's statement on files, and keeps the partial groups in a table of DuckDB until all files are through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from refarch_lambdas.mapreduce.bad_records import SAMPLES, BadRecords
from refarch_lambdas.mapreduce.errors import PermanentError
from refarch_lambdas.mapreduce.query import statement
from refarch_lambdas.mapreduce.query.document import Query
from refarch_lambdas.mapreduce.query.engine import Engine
from refarch_lambdas.mapreduce.query.partials import keys_of, partials_of
from refarch_lambdas.mapreduce.values import are_jsonable

Groups = tuple[list[str], list[Any]]
Describe = Callable[[list[int]], list[tuple[int, str]]]
"""From numbers of records in a file to their (offset, text), for samples of bad records."""

_TABLE: Final = "partials"
_COUNTS: Final = f"SELECT coalesce(sum(n),0), coalesce(sum(bad),0) FROM {_TABLE}"  # noqa: S608


class Totals:
    """`rows` counts all records, also those that are bad or left out. `groups` when all input was run."""

    def __init__(self, query: Query, engine: Engine, bad: BadRecords) -> None:
        self.query, self.engine, self.bad = query, engine, bad
        self.rows = 0
        self._files = self._stored = self._spoilt = 0

    def run(self, source: str, key: str, describe: Describe, where: str = "") -> None:
        """Aggregate `source`, SQL that reads one file of the object `key`. `RefusedInput`: nothing of it counts."""
        selected = statement.aggregate(self.query, source, where)
        begin = f"INSERT INTO {_TABLE}" if self._files else f"CREATE TEMP TABLE {_TABLE} AS"
        self.engine.all(f"{begin} {selected}")
        self._files += 1
        before, spoilt_before = self._stored, self._spoilt
        ((self._stored, self._spoilt),) = self.engine.all(_COUNTS)
        self.rows += self._stored - before
        if self._spoilt > spoilt_before:
            self._note(self._spoilt - spoilt_before, source, key, describe, where)

    def groups(self) -> Iterator[Groups]:
        """Keys and partials, some thousands at a time. Every key comes once."""
        if not self._files:
            return
        width = max(1, len(self.query.group_by))
        for batch in self.engine.rows(statement.groups(self.query, _TABLE, merged=self._files == 1)):
            columns = list(zip(*batch, strict=True))
            values = partials_of(self.query, columns[width:])
            if not are_jsonable(values):
                raise PermanentError("a sum went beyond the range of a double; JSON cannot carry infinity")
            yield keys_of(self.query, columns[:width]), values

    def _note(self, count: int, source: str, key: str, describe: Describe, where: str) -> None:
        wanted = min(count, SAMPLES - len(self.bad.samples))
        if wanted > 0:
            found = self.engine.all(statement.bad_rows(self.query, source, where, wanted))
            for offset, record in describe([number for (number,) in found]):
                self.bad.add(key, offset, record, "a value is none of its column's type, or is not finite")
                count -= 1
        self.bad.add_more(count)
