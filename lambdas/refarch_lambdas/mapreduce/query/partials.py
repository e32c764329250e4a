"""What mappers leave for a group, how two of them become one, and the final values. Lists of JSON values.

A group's partial has one item an aggregate: a sum, a count, a least or greatest value, or for avg [sum, count].
Where there is just one aggregate the item itself is the partial: most jobs have one, and plain numbers are fast.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from refarch_lambdas.mapreduce.contract import ReduceFunction
from refarch_lambdas.mapreduce.query.document import Query

Pairs = tuple[list[str], list[Any]]


def keys_of(query: Query, columns: Sequence[Sequence[str]]) -> list[str]:
    """The keys of groups, from their parts by column: the one part as it is, several as a JSON list, or "all"."""
    if len(query.group_by) == 1:
        return list(columns[0])
    if not query.group_by:
        return ["all"] * len(columns[0])
    return [json.dumps(parts, ensure_ascii=False, separators=(",", ":")) for parts in zip(*columns, strict=True)]


def partials_of(query: Query, columns: Sequence[Sequence[Any]]) -> list[Any]:
    """The partials of groups, from the aggregates by column: avg has two of them."""
    remaining = iter(columns)
    items: list[Iterable[Any]] = [
        [[total, count] for total, count in zip(next(remaining), next(remaining), strict=True)]
        if each.function == "avg"
        else next(remaining)
        for each in query.aggregates
    ]
    return list(items[0]) if len(items) == 1 else [list(parts) for parts in zip(*items, strict=True)]


def combine_function(query: Query) -> ReduceFunction:
    folds = [_FOLDS[each.function] for each in query.aggregates]

    def combine_one(key: str, values: Iterable[Any]) -> Any:
        return folds[0](values)

    def combine(key: str, values: Iterable[list[Any]]) -> list[Any]:
        return [fold(column) for fold, column in zip(folds, zip(*values, strict=True), strict=True)]

    return combine_one if len(folds) == 1 else combine


def reduce_function(query: Query) -> ReduceFunction:
    """One aggregate: its value. Several: a list of them, which are columns in the CSV result."""
    combine = combine_function(query)
    averages = [each.function == "avg" for each in query.aggregates]

    def reduce(key: str, values: Iterable[list[Any]]) -> Any:
        folded = combine(key, values)
        if len(averages) == 1:
            return _average(*folded) if averages[0] else folded
        return [_average(*part) if avg else part for part, avg in zip(folded, averages, strict=True)]

    return reduce


def _average(total: float | None, count: int) -> float | None:
    return None if total is None else total / count


def _sum(values: Iterable[Any]) -> Any:
    """Null where there is nothing to sum up, as in SQL. Integers are exact, numbers rounded once."""
    present = [value for value in values if value is not None]
    if not present:
        return None
    return sum(present) if all(type(value) is int for value in present) else math.fsum(present)


def _of_present(function: Callable[[list[Any]], Any]) -> Callable[[Iterable[Any]], Any]:
    return lambda values: function(present) if (present := [each for each in values if each is not None]) else None


def _sum_and_count(values: Iterable[list[Any]]) -> list[Any]:
    totals, counts = zip(*values, strict=True)
    return [_sum(totals), sum(counts)]


_FOLDS: dict[str, Callable[[Iterable[Any]], Any]] = {
    "sum": _sum,
    "count": sum,
    "min": _of_present(min),
    "max": _of_present(max),
    "avg": _sum_and_count,
}
