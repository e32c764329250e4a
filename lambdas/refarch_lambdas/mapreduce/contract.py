"""What a job module must offer, and the check that it does, before anything is run or paid for."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from refarch_lambdas.mapreduce.errors import JobContractError

if TYPE_CHECKING:
    from refarch_lambdas.mapreduce.query.document import Query

RECORD_FORMATS: Final = ("text", "csv", "json")
CONSTANTS: Final = ("RECORD_FORMAT", "HEADER_LINES", "RESULT_HEADER")
_FUNCTIONS: Final = {"map": ("record",), "combine": ("key", "values"), "reduce": ("key", "values")}

MapFunction = Callable[[Any], Iterable[tuple[str, Any]]]
ReduceFunction = Callable[[str, Iterable[Any]], Any]


@dataclass(frozen=True)
class Job:
    """A checked job module.

    `map(record)` gives (key, value) pairs; a list or a tuple is the fast way, a generator works too. Keys are `str`,
    values what JSON can carry (a tuple arrives as a list).
    `combine(key, values)` (optional) folds some values of a key into one of the same kind; it may be applied to any
    part of a key's values, any number of times or never. `reduce(key, values)` gives a key's one result.
    `values` is an iterator: go through it once.
    `record_format`: "text" = the line without its end, "csv" = list of fields, "json" = the parsed line. A record is
    one line in each of them; blank lines are no records of csv and json.
    `header_lines`: lines to skip at the beginning of every object. `result_header`: first line of the CSV result.
    `query`: of a declarative job, which mappers execute in the place of `map`. `key_columns`: more than 1 where keys
    are JSON lists, whose items become columns of the CSV result.
    """

    map: MapFunction
    reduce: ReduceFunction
    combine: ReduceFunction | None = None
    record_format: str = "text"
    header_lines: int = 0
    result_header: tuple[str, ...] | None = None
    query: Query | None = None
    key_columns: int = 1


def load_job(module: str) -> Job:
    """Import `module` (a dotted name, or a path that ends with .py) and check it. A name that ends with .json or .toml
    is a query document (`query/document.py`), relative to the folder that holds `refarch_lambdas`.

    Raises `JobContractError` with every problem at once; also when the module cannot be imported.
    """
    if module.endswith((".json", ".toml")):
        from refarch_lambdas.mapreduce.query.job import load_query  # only declarative jobs need it

        return load_query(Path(__file__).parents[2] / module)
    loaded = _import(module)
    functions = {name: getattr(loaded, name, None) for name in _FUNCTIONS}
    constants = {name: getattr(loaded, name, None) for name in CONSTANTS}
    problems = [
        *_function_problems(functions),
        *_constant_problems(constants),
        *_misspelt(loaded),
    ]
    if problems:
        raise JobContractError(module, problems)
    header = constants["RESULT_HEADER"]
    return Job(
        map=functions["map"],  # type: ignore[arg-type]  # checked above
        reduce=functions["reduce"],  # type: ignore[arg-type]
        combine=functions["combine"],
        record_format=constants["RECORD_FORMAT"] or "text",
        header_lines=constants["HEADER_LINES"] or 0,
        result_header=tuple(header) if header else None,
    )


def _import(module: str) -> ModuleType:
    try:
        return _from_path(Path(module)) if module.endswith(".py") else importlib.import_module(module)
    except Exception as error:
        text = "".join(traceback.format_exception(error))
        raise JobContractError(module, [f"cannot be imported: {type(error).__name__}: {error}\n{text}"]) from error


def _from_path(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"refarch_job_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _function_problems(functions: dict[str, Any]) -> list[str]:
    problems = []
    for name, function in functions.items():
        wanted = f"{name}({', '.join(_FUNCTIONS[name])})"
        if function is None:
            if name != "combine":
                problems.append(f"{name} is missing: define {wanted}")
        elif not callable(function):
            problems.append(f"{name} is {function!r}, not a function: define {wanted}")
        else:
            problems += _shape_problems(name, function, wanted)
    return problems


def _shape_problems(name: str, function: Callable[..., Any], wanted: str) -> list[str]:
    problems = []
    if not _accepts(function, len(_FUNCTIONS[name])):
        problems.append(f"{name}{inspect.signature(function)} cannot be called as {wanted}")
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        problems.append(f"{name} is async: it must be a plain function")
    elif name != "map" and inspect.isgeneratorfunction(function):
        problems.append(f"{name} is a generator: it must return its one value")
    return problems


def _accepts(function: Callable[..., Any], count: int) -> bool:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True  # some built-ins have no signature; the first call will tell
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def _constant_problems(constants: dict[str, Any]) -> list[str]:
    problems = []
    record_format, lines, header = (constants[name] for name in CONSTANTS)
    if record_format is not None and record_format not in RECORD_FORMATS:
        problems.append(f"RECORD_FORMAT is {record_format!r}: allowed are {', '.join(RECORD_FORMATS)}")
    if lines is not None and (not isinstance(lines, int) or isinstance(lines, bool) or lines < 0):
        problems.append(f"HEADER_LINES is {lines!r}: allowed are whole numbers from 0")
    named = isinstance(header, (tuple, list)) and header and all(isinstance(name, str) for name in header)
    if header is not None and not named:
        problems.append(f"RESULT_HEADER is {header!r}: allowed are None and a tuple of column names")
    return problems


def _misspelt(module: ModuleType) -> list[str]:
    """A constant that is nearly one of ours would be ignored in silence."""
    problems = []
    for name in vars(module):
        near = difflib.get_close_matches(name, CONSTANTS, n=1, cutoff=0.85)
        if name.isupper() and name not in CONSTANTS and near:
            problems.append(f"{name} is unknown: did you mean {near[0]}?")
    return problems
