"""Parquet: a row group belongs to the slice in which its first byte lies.

Only the footer and the column chunks that the query uses are fetched. They are written where they belong into a sparse
file as long as the object, and DuckDB reads just their rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from refarch_lambdas.mapreduce.body import ByteStream
from refarch_lambdas.mapreduce.errors import PermanentError
from refarch_lambdas.mapreduce.query import statement
from refarch_lambdas.mapreduce.query.engine import Engine, RefusedInput
from refarch_lambdas.mapreduce.query.totals import Totals
from refarch_lambdas.mapreduce.slices import InputSlice
from refarch_lambdas.mapreduce.storage import Storage

_MAGIC: Final = b"PAR1"
_TAIL: Final = 8
BATCH_BYTES: Final = 128 * 2**20
_COPY_BYTES: Final = 2**20
_CHUNKS: Final = (
    "SELECT row_group_id, path_in_schema, row_group_num_rows, total_compressed_size, "
    "least(coalesce(nullif(dictionary_page_offset,0),data_page_offset),data_page_offset) FROM parquet_metadata({path}) "
    "ORDER BY row_group_id"
)


@dataclass
class RowGroup:
    """Rows [first_row, first_row + rows) of the object. `chunks`: by column, (offset, length)."""

    first_row: int
    rows: int
    chunks: dict[str, tuple[int, int]]

    @property
    def start(self) -> int:
        return min(offset for offset, _ in self.chunks.values())


class ParquetInput:
    """Aggregates the row groups of one slice, one after the other."""

    def __init__(self, totals: Totals, storage: Storage, part: InputSlice, scratch: Path) -> None:
        self._totals, self._storage, self._part = totals, storage, part
        self._path = scratch / "object.parquet"

    def run(self) -> Iterator[None]:
        """Stops now and then, so that the caller can look around."""
        try:
            self._write_footer()
            groups = row_groups(self._totals.engine, self._path)
            mine = [each for each in groups if self._part.start <= each.start < self._part.end]
            for number, batch in enumerate(self._batches(mine)):
                if number:
                    self._write_footer()  # begins the file anew: what was aggregated needs no disk any more
                self._aggregate(batch)
                yield
        except RefusedInput as error:
            raise PermanentError(f"{self._part.name}: {error}") from error
        finally:
            self._path.unlink(missing_ok=True)

    def _batches(self, groups: list[RowGroup]) -> Iterator[list[RowGroup]]:
        """Neighbours that need at most `BATCH_BYTES` on disk: the fewer queries, the fewer partial groups."""
        names = [self._totals.query.columns[index].name for index in self._totals.query.used]
        batch: list[RowGroup] = []
        size = 0
        for group in groups:
            needed = sum(group.chunks[name][1] for name in names if name in group.chunks)
            if batch and (size + needed > BATCH_BYTES or group.first_row != batch[-1].first_row + batch[-1].rows):
                yield batch
                batch, size = [], 0
            batch.append(group)
            size += needed
        if batch:
            yield batch

    def _write_footer(self) -> None:
        size = self._part.size
        tail = self._read(max(0, size - _TAIL), size)
        length = int.from_bytes(tail[:4], "little")
        if len(tail) < _TAIL or tail[4:] != _MAGIC or length > size - _TAIL - len(_MAGIC):
            raise PermanentError(f"{self._part.name}: no Parquet file (or an encrypted one): it does not end with PAR1")
        with self._path.open("wb") as file:
            file.write(_MAGIC)
        self._fetch(size - _TAIL - length, length + _TAIL)

    def _aggregate(self, batch: list[RowGroup]) -> None:
        for group in batch:
            self._fetch_columns(group)
        first, last = batch[0], batch[-1]
        source = f"read_parquet({statement.text(str(self._path))},file_row_number=true)"
        where = f"file_row_number>={first.first_row} AND file_row_number<{last.first_row + last.rows}"
        self._totals.run(
            source,
            self._part.key,
            lambda numbers: [(first.start, f"row {first.first_row + number}") for number in numbers],
            where,
        )

    def _fetch_columns(self, group: RowGroup) -> None:
        for index in self._totals.query.used:
            wanted = self._totals.query.columns[index].name
            if wanted not in group.chunks:
                known = ", ".join(sorted(group.chunks))
                raise PermanentError(f"{self._part.name}: no column {wanted!r} of plain values; there are: {known}")
            self._fetch(*group.chunks[wanted])

    def _fetch(self, offset: int, length: int) -> None:
        with self._path.open("r+b") as file, closing(self._open(offset, offset + length)) as stream:
            file.seek(offset)
            while block := stream.read(_COPY_BYTES):
                file.write(block)

    def _read(self, start: int, end: int) -> bytes:
        with closing(self._open(start, end)) as stream:
            return stream.read(end - start)

    def _open(self, start: int, end: int) -> ByteStream:
        return self._storage.open_range(self._part.key, start, end, bucket=self._part.bucket, etag=self._part.etag)


def row_groups(engine: Engine, path: Path) -> list[RowGroup]:
    """The row groups that the footer of a (sparse) file tells of."""
    groups: dict[int, RowGroup] = {}
    first = 0
    for number, column, rows, length, offset in engine.all(_CHUNKS.format(path=statement.text(str(path)))):
        if number not in groups:
            groups[number] = RowGroup(first, rows, {})
            first += rows
        groups[number].chunks[column] = (offset, length)
    return list(groups.values())
