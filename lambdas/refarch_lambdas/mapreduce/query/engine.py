"""DuckDB, bounded: how a query is run on one file. The only place that knows the engine."""

from __future__ import annotations

import atexit
import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from refarch_lambdas.mapreduce.errors import PermanentError

ROWS: Final = 50_000
_MB_OF_ONE_CPU: Final = 1769
_LEAST_MB: Final = 64


class RefusedInput(Exception):
    """DuckDB could not read the file: some record in it is none."""


class NoRoom(Exception):
    """DuckDB had not enough memory, and could not make do with the disk."""


class Engine:
    """One connection. `memory_mb`: of the Lambda; DuckDB gets a quarter of what Python leaves, and `scratch` beyond it.

    The database behind it stays for the next task of this process: making one costs as much as a million rows.
    `scratch` is a folder that stays, too.
    Raises `PermanentError` where DuckDB is not installed: the construct adds it as a layer to a declarative job.
    """

    def __init__(self, memory_mb: int, scratch: Path) -> None:
        try:
            import duckdb
        except ImportError as error:
            raise PermanentError(f"a declarative job needs a layer with the package duckdb: {error}") from error
        self._refusals = (duckdb.InvalidInputException, duckdb.ConversionException)
        self._no_room = duckdb.OutOfMemoryException
        self._connection = _database(memory_mb, scratch).cursor()

    def rows(self, statement: str) -> Iterator[list[tuple[Any, ...]]]:
        """The rows, some thousands at a time. Raises `RefusedInput` before the first of them, not later: all that is
        asked for is grouped."""
        try:
            result = self._connection.execute(statement)
            batch = result.fetchmany(ROWS)
        except self._refusals as error:
            raise RefusedInput(str(error)) from error
        except self._no_room as error:
            raise NoRoom(str(error)) from error
        while batch:
            yield batch
            batch = result.fetchmany(ROWS)

    def all(self, statement: str) -> list[tuple[Any, ...]]:
        return [row for batch in self.rows(statement) for row in batch]

    def close(self) -> None:
        self._connection.close()


@functools.lru_cache(maxsize=1)
def _database(memory_mb: int, scratch: Path) -> Any:
    import duckdb

    config: dict[str, Any] = {
        "threads": max(1, memory_mb // _MB_OF_ONE_CPU),
        "memory_limit": f"{max(_LEAST_MB, (memory_mb - 160) // 4)}MB",
        "temp_directory": str(scratch / f"refarch-duckdb-{os.getpid()}"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "enable_external_file_cache": False,  # its files are written anew under the same name
    }
    atexit.register(_database.cache_clear)  # DuckDB wants to be closed before Python ends
    return duckdb.connect(":memory:", config=config)
