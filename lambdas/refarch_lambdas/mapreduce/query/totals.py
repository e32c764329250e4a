"""Runs a query's statement on files, and sorts what comes out: groups to the aggregator, counts to the summary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refarch_lambdas.mapreduce.bad_records import SAMPLES, BadRecords
from refarch_lambdas.mapreduce.errors import PermanentError
from refarch_lambdas.mapreduce.query import statement
from refarch_lambdas.mapreduce.query.document import Query
from refarch_lambdas.mapreduce.query.engine import Engine
from refarch_lambdas.mapreduce.query.partials import key_of, partial_of
from refarch_lambdas.mapreduce.values import are_jsonable

Add = Callable[[list[str], list[Any]], None]
Describe = Callable[[list[int]], list[tuple[int, str]]]
"""From numbers of records in a file to their (offset, text), for samples of bad records."""


class Totals:
    """`add` takes keys and partials. `rows` counts all records, also those that are bad or left out."""

    def __init__(self, query: Query, engine: Engine, bad: BadRecords, add: Add) -> None:
        self.query, self.engine, self.bad = query, engine, bad
        self._add = add
        self.rows = 0

    def run(self, source: str, key: str, describe: Describe, where: str = "") -> None:
        """Aggregate `source`, SQL that reads one file of the object `key`. `RefusedInput`: nothing of it counts."""
        spoilt = 0
        parts = len(self.query.group_by)
        for batch in self.engine.rows(statement.aggregate(self.query, source, where)):
            self.rows += sum(row[parts + 1] for row in batch)
            spoilt += sum(row[parts + 1] for row in batch if row[0] == statement.BAD)
            counting = [row for row in batch if row[0] == statement.COUNTS]
            values = [partial_of(self.query, row[parts + 2 :]) for row in counting]
            if not are_jsonable(values):
                raise PermanentError("a sum went beyond the range of a double; JSON cannot carry infinity")
            self._add([key_of(row[1 : parts + 1]) for row in counting], values)
        if spoilt:
            self._note(spoilt, source, key, describe, where)

    def _note(self, count: int, source: str, key: str, describe: Describe, where: str) -> None:
        wanted = min(count, SAMPLES - len(self.bad.samples))
        if wanted > 0:
            found = self.engine.all(statement.bad_rows(self.query, source, where, wanted))
            for offset, record in describe([number for (number,) in found]):
                self.bad.add(key, offset, record, "a value is none of its column's type, or is not finite")
                count -= 1
        self.bad.add_more(count)
