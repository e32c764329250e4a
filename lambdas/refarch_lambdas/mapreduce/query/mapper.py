"""What a mapper of a declarative job does with its slices, in the place of parsing and mapping records."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from refarch_lambdas.mapreduce.aggregate import Aggregator, write_groups
from refarch_lambdas.mapreduce.bad_records import BadRecords
from refarch_lambdas.mapreduce.lines import LineRules
from refarch_lambdas.mapreduce.query.document import Query
from refarch_lambdas.mapreduce.query.engine import Engine
from refarch_lambdas.mapreduce.query.parquet_input import ParquetInput
from refarch_lambdas.mapreduce.query.text_input import FILE_BYTES, TextInput
from refarch_lambdas.mapreduce.query.totals import Totals
from refarch_lambdas.mapreduce.runs import Run, Tally
from refarch_lambdas.mapreduce.slices import InputSlice, slice_blocks
from refarch_lambdas.mapreduce.storage import Storage


class QueryMapper:
    """`bad` takes the records that are none, `aggregator` groups that are too many for DuckDB's table. `rows` counts
    all records. `scratch`: a folder of this task alone."""

    def __init__(
        self,
        query: Query,
        bad: BadRecords,
        aggregator: Aggregator,
        *,
        memory_mb: int,
        scratch: Path,
        file_bytes: int = FILE_BYTES,
    ) -> None:
        self._scratch = scratch
        self._file_bytes = file_bytes
        self._aggregator = aggregator
        self._totals = Totals(query, Engine(memory_mb, scratch.parent), bad, aggregator.add)

    @property
    def rows(self) -> int:
        return self._totals.rows

    def map_slice(self, storage: Storage, part: InputSlice, rules: LineRules, look: Callable[[], None]) -> None:
        """Aggregate one slice. `look` is called now and then; what it raises ends the task."""
        if self._totals.query.format == "parquet":
            for _ in ParquetInput(self._totals, storage, part, self._scratch).run():
                look()
            return
        with closing(TextInput(self._totals, part.key, self._scratch, file_bytes=self._file_bytes)) as lines:
            for offset, block in slice_blocks(storage, part, rules):
                lines.add(offset, block)
                look()
            lines.finish()

    def finish(self, partitions: int, path: Path) -> tuple[list[Run], Tally]:
        """One sorted run a partition in `path`, when all slices were aggregated."""
        batches = self._totals.groups()
        if not self._totals.added:
            keys, values = next(batches, ([], []))
            return write_groups(list(zip(keys, values, strict=True)), partitions, path)
        for keys, values in batches:
            self._aggregator.add(keys, values)
        return self._aggregator.finish(path)

    def close(self) -> None:
        self._totals.engine.close()
