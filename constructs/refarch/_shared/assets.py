"""Code of the Lambda functions as CDK assets.

An asset is staged from the files that it needs and no others, so its hash is the same in a checkout, in an installed
wheel and under every Python version (compiled files never count), and moves only when one of its own files moves.
"""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from aws_cdk import aws_lambda as lambda_

import refarch_lambdas

_PACKAGE = Path(refarch_lambdas.__file__).parent


class UnknownHandlerError(LookupError):
    """No such function in `refarch_lambdas`. The message names those that exist."""


def handler_code(
    function: str, *, packages: tuple[str, ...] = (), extra: Mapping[str, Path] | None = None
) -> lambda_.Code:
    """The asset of `refarch_lambdas.<function>`, with `_shared`, the engine `packages` it uses, and `extra` files.

    `extra` maps a path inside the asset to the file that goes there (the job module of a MapReduce, say).
    Raises `UnknownHandlerError` when there is no `<function>/handler.py`.
    """
    if not (_PACKAGE / function / "handler.py").is_file():
        known = ", ".join(sorted(path.parent.name for path in _PACKAGE.glob("*/handler.py")))
        raise UnknownHandlerError(f"no Lambda function {function!r} in refarch_lambdas; there are: {known}")
    files = {"refarch_lambdas/__init__.py": _PACKAGE / "__init__.py"}
    for part in ("_shared", *packages, function):
        files |= {f"refarch_lambdas/{path.relative_to(_PACKAGE).as_posix()}": path for path in _sources(part)}
    return lambda_.Code.from_asset(str(_stage(tuple(sorted({**files, **(extra or {})}.items())))))


def handler_name(function: str) -> str:
    """The value of a function's `Handler` property."""
    return f"refarch_lambdas.{function}.handler.handler"


def source_files(root: Path) -> Iterator[Path]:
    """The files below `root` that belong in an asset, in a stable order: no caches, nothing hidden."""
    for path in sorted(root.rglob("*")):
        hidden = any(part.startswith((".", "__pycache__")) for part in path.relative_to(root).parts)
        if path.is_file() and path.suffix != ".pyc" and not hidden:
            yield path


def staged(files: Mapping[str, Path]) -> Path:
    """A folder with exactly these files, by their path inside it: for assets that are no Lambda functions."""
    return _stage(tuple(sorted(files.items())))


def generated_file(name: str, text: str) -> Path:
    """A file called `name` that holds `text`, for an asset. The same text gives the same file."""
    path = _staging_root() / hashlib.sha256(text.encode()).hexdigest()[:32] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _sources(part: str) -> Iterator[Path]:
    return source_files(_PACKAGE / part)


def _stage(files: tuple[tuple[str, Path], ...]) -> Path:
    """A folder with exactly these files. The same content gives the same folder, so CDK stages it once."""
    digest = hashlib.sha256()
    for name, path in files:
        digest.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    folder = _staging_root() / digest.hexdigest()[:32]
    if not folder.exists():
        for name, path in files:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return folder


@cache
def _staging_root() -> Path:
    root = Path(tempfile.mkdtemp(prefix="refarch-assets-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root
