"""What the answers rest on besides the templates: this program and the data that it reads. A key holds all of it, so
that an answer of another version is never taken for one of this."""

from __future__ import annotations

import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from refarch import __version__
from refarch.gate.schemas.reader import data_version
from refarch.gate.typed.voices import CDK_DATABASE
from refarch.gate.whole.store import digest, key_of

FORMAT = 1


@cache
def fingerprint() -> str:
    """Of the gate's own code and tables, Python, and the schemas of cfn-lint.

    Raises `ModuleNotFoundError` where cfn-lint's data is missing.
    """
    code = digest("".join(digest(path.read_bytes()) for path in _own()))
    return key_of(FORMAT, __version__, code, sys.version_info[:2], _version("cfn-lint"), data_version())


@cache
def typed_fingerprint(database: Path | None) -> str:
    """Of the sources that only the second reading asks."""
    path = database or (CDK_DATABASE if CDK_DATABASE.is_file() else None)
    return key_of(_version("troposphere"), digest(path.read_bytes()) if path else "")


def file_fingerprint(path: Path | None) -> str:
    """Of a file that an option names. Raises `OSError` where it cannot be read."""
    return digest(path.read_bytes()) if path else ""


def _own() -> list[Path]:
    """The gate's files and the price table, tests and byte code left out."""
    package = Path(__file__).resolve().parents[2]
    found = (path for room in ("gate", "prices") for path in (package / room).rglob("*") if path.is_file())
    return sorted(path for path in found if "__pycache__" not in path.parts)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
