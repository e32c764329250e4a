"""The user's job: a Python module with `map`, `reduce` and perhaps `combine`, as files of a Lambda asset."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import refarch_lambdas.mapreduce.examples
from refarch._shared.assets import generated_file, source_files
from refarch._shared.checks import InvalidPropsError
from refarch_lambdas.mapreduce.query.check import parse
from refarch_lambdas.mapreduce.query.document import SUFFIXES, Query, read_document

_REQUIRED = ("map", "reduce")
_QUERY_FILE = "refarch_query.json"
_EXAMPLES = Path(refarch_lambdas.mapreduce.examples.__file__).parent


class InvalidJobCodeError(InvalidPropsError):
    """The job module cannot work. The message names the file and everything that is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class JobCode:
    """Where a job's code is, and the name it is imported by in the mapper and the reducer.

    Make one with `from_path`, `from_directory` or `bundled`; they read the module (without running it) and raise
    `InvalidJobCodeError` when it is missing, does not parse, or defines no `map` or no `reduce`.
    `query` makes a declarative job.

    The module is written for Lambda's Python runtime and must bring what it imports: the standard library and boto3
    are there; other packages come from `MapReduceProps.layers`.
    """

    module: str
    files: Mapping[str, Path]
    """Path inside the asset to the file that goes there."""

    declared: Query | None = None
    """Of a declarative job: what it selects. Mapper and reducer then get DuckDB in a layer."""

    @classmethod
    def query(cls, document: Query | Mapping[str, Any] | Path | str) -> JobCode:
        """A declarative job: a query document (`refarch_lambdas.mapreduce.query.document.Query`) as such, as data, or
        as a .json or .toml file. Raises `InvalidJobCodeError` with every problem of it at once."""
        where, data = "query", document
        if isinstance(document, (str, Path)):
            where, data = str(document), _read(Path(document))
        query, problems = parse(data.to_json() if isinstance(data, Query) else data)
        if query is None:
            raise InvalidJobCodeError("; ".join(f"{where}: {problem}" for problem in problems))
        path = generated_file(_QUERY_FILE, json.dumps(query.to_json(), indent=1) + "\n")
        return cls(module=_QUERY_FILE, files={_QUERY_FILE: path}, declared=query)

    @classmethod
    def from_path(cls, path: Path | str) -> JobCode:
        """One file that holds the whole job."""
        path = Path(path)
        if path.suffix != ".py" or "." in path.stem:
            raise InvalidJobCodeError(f"{path}: a job is a Python file, and its name but for .py has no dot")
        _check(path)
        return cls(module=path.stem, files={path.name: path})

    @classmethod
    def from_directory(cls, path: Path | str, *, module: str) -> JobCode:
        """A folder whose files may import one another; `module` is the dotted name of the one with `map`."""
        root = Path(path)
        if not root.is_dir():
            raise InvalidJobCodeError(f"{root}: no such folder")
        _check(root.joinpath(*module.split(".")).with_suffix(".py"))
        return cls(module=module, files={found.relative_to(root).as_posix(): found for found in source_files(root)})

    @classmethod
    def bundled(cls, name: str = "ad_revenue") -> JobCode:
        """An example that ships with refarch. `ad_revenue` is the query of the post."""
        if not (_EXAMPLES / f"{name}.py").is_file():
            known = ", ".join(sorted(path.stem for path in _EXAMPLES.glob("[!_]*.py")))
            raise InvalidJobCodeError(f"no bundled job {name!r}; there are: {known}")
        return cls(module=f"{refarch_lambdas.mapreduce.examples.__name__}.{name}", files={})


def _read(path: Path) -> Any:
    if path.suffix not in SUFFIXES:
        raise InvalidJobCodeError(f"{path}: a query document ends with {' or '.join(SUFFIXES)}")
    try:
        return read_document(path)
    except (OSError, ValueError) as error:
        raise InvalidJobCodeError(f"{path}: {error}") from error


def _check(path: Path) -> None:
    if not path.is_file():
        raise InvalidJobCodeError(f"{path}: no such file")
    try:
        tree = ast.parse(path.read_bytes(), filename=str(path))
    except SyntaxError as error:
        raise InvalidJobCodeError(f"{path}:{error.lineno}: {error.msg}") from error
    except ValueError as error:  # zero bytes, before Python 3.12
        raise InvalidJobCodeError(f"{path}: {error}") from error
    names = set(_names(tree.body))
    missing = [name for name in _REQUIRED if name not in names]
    if missing and "*" not in names:
        raise InvalidJobCodeError(
            f"{path}: a job defines map(record) and reduce(key, values), and may define combine(key, values); "
            f"missing here: {', '.join(missing)}"
        )


def _names(body: Iterable[ast.AST]) -> Iterator[str]:
    """What the module defines at its top level: functions, assignments and imports, inside `if` and `try` too."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name for alias in names)
            case ast.If() | ast.Try() | ast.With() | ast.ExceptHandler():
                yield from _names(ast.iter_child_nodes(node))
