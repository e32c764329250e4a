"""From data to a `Query`, or everything that is wrong with it: what, the value got, what is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any, Final, TypeVar

from refarch_lambdas.mapreduce.query.document import (
    FORMATS,
    FUNCTIONS,
    NO_VALUE,
    OPERATORS,
    TYPES,
    Aggregate,
    Column,
    Filter,
    Group,
    Query,
)

Part = TypeVar("Part", Column, Group, Aggregate, Filter)
_LISTS: Final[dict[str, type[Any]]] = {
    "columns": Column,
    "group_by": Group,
    "aggregates": Aggregate,
    "filters": Filter,
}


def parse(document: Any) -> tuple[Query | None, list[str]]:
    """The query, or None and every problem. Columns and groups may be bare names: "ip" is {"column": "ip"}."""
    if not isinstance(document, Mapping):
        return None, [f"the query is {document!r:.80}: allowed is an object with format, columns and aggregates"]
    known = {each.name for each in fields(Query)}
    problems = [f"{name} is unknown: allowed are {', '.join(sorted(known))}" for name in sorted({*document} - known)]
    unread: list[str] = []
    lists: dict[str, Any] = {name: _parts(name, kind, document.get(name, ()), unread) for name, kind in _LISTS.items()}
    scalars = {name: document[name] for name in sorted(known - {*_LISTS}) if name in document}
    wrong = _scalar_problems(scalars)
    query = Query(**lists, **({"format": "csv"} if wrong else scalars))
    problems += unread
    if not unread:  # what a part that could not be read leaves open would only be noise
        problems += query_problems(query)
    problems += wrong
    return (None, problems) if problems else (query, [])


def _parts(name: str, kind: type[Part], value: Any, problems: list[str]) -> tuple[Part, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        problems.append(f"{name} is {value!r:.80}: allowed is a list")
        return ()
    parts = (_part(f"{name}[{index}]", kind, item, problems) for index, item in enumerate(value))
    return tuple(part for part in parts if part is not None)


def _part(where: str, kind: type[Part], item: Any, problems: list[str]) -> Part | None:
    if isinstance(item, str) and kind in (Column, Group):
        item = {"name" if kind is Column else "column": item}
    known: dict[str, Any] = {each.name: each for each in fields(kind)}
    required = {name for name, each in known.items() if each.default is MISSING}
    if not isinstance(item, Mapping) or {*item} - {*known} or required - {*item}:
        wanted = ", ".join(known)
        problems.append(f"{where} is {item!r:.120}: allowed is an object with {wanted}")
        return None
    wrong = [name for name in ("name", "column", "type", "function", "operator") if not _is_text(item.get(name, "x"))]
    problems += [f"{where}.{name} is {item[name]!r:.80}: allowed is text" for name in wrong]
    return None if wrong else kind(**item)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and "\0" not in value


def _scalar_problems(scalars: Mapping[str, Any]) -> list[str]:
    problems = []
    if scalars.get("format") not in FORMATS:
        problems.append(f"format is {scalars.get('format')!r}: allowed are {', '.join(FORMATS)}")
    delimiter = scalars.get("delimiter", ",")
    character = isinstance(delimiter, str) and len(delimiter) == 1 and delimiter.isascii()
    if not character or delimiter in "\"'\r\n\0":
        problems.append(f"delimiter is {delimiter!r}: allowed is one ASCII character, no quote and no line end")
    lines = scalars.get("header_lines", 0)
    if not isinstance(lines, int) or isinstance(lines, bool) or lines < 0:
        problems.append(f"header_lines is {lines!r}: allowed are whole numbers from 0")
    header = scalars.get("result_header", False)
    if not isinstance(header, bool):
        problems.append(f"result_header is {header!r}: allowed are true and false")
    return problems


def query_problems(query: Query) -> list[str]:
    """What is wrong with a query whose parts have the right kinds."""
    names = [column.name for column in query.columns]
    problems = [f"column {name!r} comes twice in columns" for name in sorted({*names}) if names.count(name) > 1]
    problems += [
        f"columns: {column.name!r} has the type {column.type!r}: allowed are {', '.join(TYPES)}"
        for column in query.columns
        if column.type not in TYPES
    ]
    if not query.aggregates:
        problems.append("aggregates is empty: allowed is a list of at least one")
    if query.format == "parquet" and query.header_lines:
        problems.append(f"header_lines is {query.header_lines}: allowed is 0 for parquet")
    parts: list[tuple[str, Group | Aggregate | Filter]] = [("group_by", part) for part in query.group_by]
    parts += [("aggregates", part) for part in query.aggregates]
    parts += [("filters", part) for part in query.filters]
    for place, part in parts:
        star = isinstance(part, Aggregate) and part.function == "count" and part.column == "*"
        if part.column not in names and not star:
            problems.append(f"{place}: column {part.column!r} is unknown: allowed are {', '.join(names) or 'none'}")
        else:
            problems += _part_problems(query, part, "" if star else query.type_of(part.column))
    return problems


def _part_problems(query: Query, part: Group | Aggregate | Filter, kind: str) -> list[str]:
    match part:
        case Group():
            return _group_problems(part, kind)
        case Aggregate():
            if part.function not in FUNCTIONS:
                return [f"aggregates: function is {part.function!r}: allowed are {', '.join(FUNCTIONS)}"]
            if part.function in ("sum", "avg") and kind == "text":
                return [f"aggregates: {part.function} of the text column {part.column!r}: allowed are number, integer"]
            return []
        case Filter():
            return _filter_problems(part, kind)


def _group_problems(group: Group, kind: str) -> list[str]:
    cut = (group.start, group.length)
    if cut == (None, None):
        return []
    whole = all(isinstance(value, int) and not isinstance(value, bool) and value >= 1 for value in cut)
    if kind != "text" or not whole:
        return [
            f"group_by: {group.column!r} ({kind}) has start {group.start!r} and length {group.length!r}: "
            "allowed are both, whole numbers from 1, of a text column"
        ]
    return []


def _filter_problems(condition: Filter, kind: str) -> list[str]:
    where = f"filters: {condition.column!r} {condition.operator}"
    if condition.operator not in OPERATORS:
        return [f"{where}: allowed operators are {', '.join(OPERATORS)}"]
    if condition.operator in NO_VALUE:
        return [] if condition.value is None else [f"{where}: value is {condition.value!r:.80}: allowed is none"]
    if condition.operator in ("starts_with", "contains") and kind != "text":
        return [f"{where}: the column is of type {kind}: allowed is text"]
    values = condition.value if condition.operator == "in" else [condition.value]
    if not isinstance(values, (list, tuple)) or not values or not all(_fits(value, kind) for value in values):
        wanted = f"a list of {kind} values" if condition.operator == "in" else f"a value of type {kind}"
        return [f"{where}: value is {condition.value!r:.80}: allowed is {wanted}"]
    return []


def _fits(value: Any, kind: str) -> bool:
    if kind == "text":
        return isinstance(value, str) and "\0" not in value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) < 2**63 if kind == "integer" else abs(value) <= 1.7976931348623157e308
