"""The query document: what a declarative job selects, from what, as plain data. Checked whole, before anything runs."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FORMATS: Final = ("csv", "json", "parquet")
TYPES: Final = ("text", "integer", "number")
FUNCTIONS: Final = ("sum", "count", "min", "max", "avg")
OPERATORS: Final = ("=", "!=", "<", "<=", ">", ">=", "in", "starts_with", "contains", "is_null", "is_not_null")
NO_VALUE: Final = ("is_null", "is_not_null")
SUFFIXES: Final = (".json", ".toml")


@dataclass(frozen=True, kw_only=True)
class Column:
    """A field of the input. CSV: every field of a line, in order; JSON lines and Parquet: those that are used.

    `type`: "text", "integer" (64 bits) or "number" (double). A value that is none makes its record a bad one.
    """

    name: str
    type: str = "text"


@dataclass(frozen=True, kw_only=True)
class Group:
    """A part of the key: a column, or the characters `start` (from 1) to `start + length - 1` of a text column."""

    column: str
    start: int | None = None
    length: int | None = None


@dataclass(frozen=True, kw_only=True)
class Aggregate:
    """`function` of "sum", "count", "min", "max", "avg". `column` "*" is for count: all records."""

    function: str
    column: str


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A record counts only if `column operator value` holds; of null nothing holds but is_null."""

    column: str
    operator: str
    value: Any = None


@dataclass(frozen=True, kw_only=True)
class Query:
    """SELECT group_by, aggregates FROM the input WHERE all filters hold GROUP BY group_by.

    `format`: "csv", "json" (one object a line) or "parquet". `delimiter`, `header_lines` (skipped at the beginning of
    every object) are for CSV. No `group_by`: one group, its key is "all". Groups of several columns have a JSON list
    as key, and their own columns in the CSV result; null in a group counts as the empty text.
    `result_header`: write the names as first line of the CSV result.
    """

    format: str
    columns: tuple[Column, ...]
    aggregates: tuple[Aggregate, ...]
    group_by: tuple[Group, ...] = ()
    filters: tuple[Filter, ...] = ()
    delimiter: str = ","
    header_lines: int = 0
    result_header: bool = False

    def type_of(self, name: str) -> str:
        return next(column.type for column in self.columns if column.name == name)

    @property
    def used(self) -> tuple[int, ...]:
        """The columns that the query looks at, by position."""
        parts: tuple[Group | Aggregate | Filter, ...] = (*self.group_by, *self.aggregates, *self.filters)
        names = {part.column for part in parts}
        return tuple(index for index, column in enumerate(self.columns) if column.name in names)

    def to_json(self) -> dict[str, Any]:
        """The document; `parse` reads it back."""
        return {
            "format": self.format,
            "columns": [vars(column) for column in self.columns],
            "group_by": [_without_none(vars(group)) for group in self.group_by],
            "aggregates": [vars(aggregate) for aggregate in self.aggregates],
            "filters": [_without_none(vars(condition)) for condition in self.filters],
            "delimiter": self.delimiter,
            "header_lines": self.header_lines,
            "result_header": self.result_header,
        }


def _without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def read_document(path: Path) -> Any:
    """The data of a .json or .toml file. Raises `ValueError` when it is not such a document, `OSError` when missing."""
    text = path.read_text(encoding="utf-8")
    return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
