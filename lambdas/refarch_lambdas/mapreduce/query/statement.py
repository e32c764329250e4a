"""The SQL that one file of input is aggregated with. Names and values of the document only enter quoted.

Each record has a state: it counts (0), a filter leaves it out (1), or a value in it is none of its column's type (2).
Those that do not count are one group, whose keys are null: no other group's are. One pass gives it all.
"""

from __future__ import annotations

from typing import Any, Final

from refarch_lambdas.mapreduce.query.document import Aggregate, Filter, Group, Query

COUNTS: Final = 0
LEFT_OUT: Final = 1
BAD: Final = 2
LONGEST_LINE: Final = 8 * 2**20  # bytes; DuckDB holds at least two of them in memory, so a longer one is a bad record
_SQL_TYPES: Final = {"text": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE"}


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def csv_source(query: Query, path: str, *, quoted: bool, typed: bool = False) -> str:
    """All fields as text. `quoted`: the file holds quote characters, and all of them where RFC 4180 allows them.
    `typed`: numbers as such, which is faster; DuckDB refuses the file if one of them is none."""
    numbers = {index for index in query.used if typed and query.columns[index].type == "number"}
    columns = ",".join(f"'f{i}':'{'DOUBLE' if i in numbers else 'VARCHAR'}'" for i in range(len(query.columns)))
    quote = "'\"'" if quoted else "''"
    return (
        f"read_csv({text(path)},columns={{{columns}}},header=false,auto_detect=false,delim={text(query.delimiter)},"
        f"quote={quote},escape={quote},comment='',nullstr='',strict_mode=true,max_line_size={LONGEST_LINE},"
        f"buffer_size={2 * LONGEST_LINE})"
    )


def json_source(path: str) -> str:
    return f"read_ndjson_objects({text(path)},maximum_object_size={LONGEST_LINE})"


def raw_columns(query: Query) -> str:
    """The used fields as f0, f1, … in the words of the source: text, or what a Parquet file holds."""
    if query.format == "json":
        pointers = ((index, text(_pointer(query.columns[index].name))) for index in query.used)
        return "json_type(json) AS kind" + "".join(f",json_extract_string(json,{at}) AS f{i}" for i, at in pointers)
    if query.format == "parquet":
        return ",".join(f"{name(query.columns[index].name)} AS f{index}" for index in query.used)
    return ",".join(f"f{index}" for index in query.used)


def _pointer(key: str) -> str:
    """A JSON pointer takes any key as it is, a path would see a dot in it."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def aggregate(query: Query, source: str, where: str = "") -> str:
    """SELECT the key's parts (k0, …), how many records (n), how many bad ones (bad), the partials (p0, …)."""
    keys = _keys(query)
    groups = [_key(query, part) for part in query.group_by] or ["''"]
    named = zip(groups, keys, strict=True)
    keyed = ",".join(["*", *(f"CASE WHEN state={COUNTS} THEN {group} END AS {key}" for group, key in named)])
    partials = [f"{partial} AS p{index}" for index, (partial, _) in enumerate(_partials(query))]
    columns = [*keys, "count(*) AS n", f"count(*) FILTER (WHERE state={BAD}) AS bad", *partials]
    states = _states(query, source, where)
    return f"SELECT {','.join(columns)} FROM (SELECT {keyed} FROM ({states})) GROUP BY {','.join(keys)}"  # noqa: S608


def groups(query: Query, table: str, *, merged: bool) -> str:
    """SELECT the key's parts and the partials of the groups in `table`, which holds each just once if `merged`."""
    keys = ",".join(_keys(query))
    partials = [name if merged else f"{merge}({name})" for name, merge in _merges(query)]
    chosen = ",".join([keys, *partials])
    grouped = "" if merged else f" GROUP BY {keys}"
    return f"SELECT {chosen} FROM {table} WHERE k0 IS NOT NULL{grouped} ORDER BY {keys}"  # noqa: S608


def _keys(query: Query) -> list[str]:
    return [f"k{index}" for index in range(max(1, len(query.group_by)))]


def _merges(query: Query) -> list[tuple[str, str]]:
    return [(f"p{index}", merge) for index, (_, merge) in enumerate(_partials(query))]


def bad_rows(query: Query, source: str, where: str = "", limit: int = 5) -> str:
    """The number (from 0) of the first bad records of the file."""
    numbered = f"SELECT state, row_number() OVER () - 1 AS n FROM ({_states(query, source, where)})"  # noqa: S608
    return f"SELECT n FROM ({numbered}) WHERE state={BAD} ORDER BY n LIMIT {limit}"  # noqa: S608


def _states(query: Query, source: str, where: str) -> str:
    raw = f"SELECT {raw_columns(query) or '1'} FROM {source}{' WHERE ' + where if where else ''}"  # noqa: S608
    typed = ",".join([_typed(query, index) for index in query.used] + [f"f{index}" for index in query.used])
    wrong = [_bad(query, index) for index in query.used]
    if query.format == "json":  # DuckDB takes a line that holds a list or a number for a record
        typed, wrong = typed + (",kind" if typed else "kind"), [*wrong, "kind IS DISTINCT FROM 'OBJECT'"]
    bad = " OR ".join(filter(None, wrong)) or "false"
    kept = " AND ".join(_condition(query, each) for each in query.filters) or "true"
    state = f"CASE WHEN {bad} THEN {BAD} WHEN {kept} THEN {COUNTS} ELSE {LEFT_OUT} END"
    return f"SELECT *, {state} AS state FROM (SELECT {typed or '1'} FROM ({raw}))"  # noqa: S608


def _typed(query: Query, index: int) -> str:
    kind = query.columns[index].type
    if kind == "text":
        # An empty field of a CSV is an empty text; DuckDB reads it as null.
        return (f"coalesce(f{index},'')" if query.format == "csv" else f"CAST(f{index} AS VARCHAR)") + f" AS c{index}"
    return f"TRY_CAST(f{index} AS {_SQL_TYPES[kind]}) AS c{index}"


def _bad(query: Query, index: int) -> str:
    """JSON has no number for NaN and the infinities; DuckDB would round 1.5 to an integer."""
    match query.columns[index].type:
        case "number":
            return f"NOT coalesce(isfinite(c{index}),f{index} IS NULL)"
        case "integer":
            whole = f"regexp_full_match(CAST(f{index} AS VARCHAR),'\\s*[+-]?[0-9]+\\s*')"
            return f"(f{index} IS NOT NULL AND (c{index} IS NULL OR NOT {whole}))"
        case _:
            return ""


def _key(query: Query, group: Group) -> str:
    column = f"CAST({_column(query, group.column)} AS VARCHAR)"
    cut = f"substring({column},{group.start},{group.length})" if group.start else column
    return f"coalesce({cut},'')"


def _column(query: Query, wanted: str) -> str:
    return next(f"c{index}" for index, column in enumerate(query.columns) if column.name == wanted)


def _partials(query: Query) -> list[tuple[str, str]]:
    """(partial aggregate of records, the function that makes one of several partials)."""
    return [pair for each in query.aggregates for pair in _partial(query, each)]


def _partial(query: Query, each: Aggregate) -> list[tuple[str, str]]:
    if each.column == "*":
        return [("count(*)", "sum")]
    column = _column(query, each.column)
    if each.function in ("min", "max"):
        return [(f"{each.function}({column})", each.function)]
    count = (f"count({column})", "sum")
    if each.function == "count":
        return [count]
    # Numbers are summed up with compensation, so that the order of records hardly matters.
    add = "fsum" if query.type_of(each.column) == "number" else "sum"
    total = (f"{add}({column})", add)
    return [total, count] if each.function == "avg" else [total]


def _condition(query: Query, each: Filter) -> str:
    column = _column(query, each.column)
    match each.operator:
        case "in":
            return f"{column} IN ({','.join(_literal(value) for value in each.value)})"
        case "starts_with" | "contains":
            return f"{each.operator}({column},{_literal(each.value)})"
        case "is_null":
            return f"{column} IS NULL"
        case "is_not_null":
            return f"{column} IS NOT NULL"
        case operator:
            return f"{column} {'<>' if operator == '!=' else operator} {_literal(each.value)}"


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return text(value)
    return f"CAST('{value!r}' AS {'DOUBLE' if isinstance(value, float) else 'BIGINT'})"
