"""A query document as a `Job`: the reducers, the coordinator and the costs need to know no more of it."""

from __future__ import annotations

from pathlib import Path

from refarch_lambdas.mapreduce.contract import Job
from refarch_lambdas.mapreduce.errors import JobContractError
from refarch_lambdas.mapreduce.query.check import parse
from refarch_lambdas.mapreduce.query.document import Aggregate, Group, Query, read_document
from refarch_lambdas.mapreduce.query.partials import combine_function, reduce_function


def load_query(path: Path) -> Job:
    """The job of a .json or .toml document. Raises `JobContractError` with every problem at once."""
    try:
        document = read_document(path)
    except (OSError, ValueError) as error:
        raise JobContractError(path.name, [f"cannot be read: {error}"]) from error
    query, problems = parse(document)
    if query is None:
        raise JobContractError(path.name, problems)
    return query_job(query)


def query_job(query: Query) -> Job:
    """`map` is never called: a mapper sees `query` first."""
    names = (*(_group_name(part) for part in query.group_by or [None]), *map(_aggregate_name, query.aggregates))
    return Job(
        map=_no_map,
        reduce=reduce_function(query),
        combine=combine_function(query),
        header_lines=query.header_lines,
        result_header=names if query.result_header else None,
        query=query,
        key_columns=max(1, len(query.group_by)),
    )


def _no_map(record: object) -> tuple[()]:
    raise TypeError("a declarative job has no map")


def _group_name(group: Group | None) -> str:
    return group.column if group else "group"


def _aggregate_name(each: Aggregate) -> str:
    return each.function if each.column == "*" else f"{each.function}_{each.column}"
