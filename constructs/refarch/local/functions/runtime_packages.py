"""Folders with what a Lambda runtime brings: the SDK for every function, Powertools where its public layer is attached.

They hold links to packages of this environment. A function sees them and nothing else that is installed
here, so a module that its asset lacks is missing, as on AWS. boto3 and all it needs are pure Python: one
folder serves every version. Compiled packages of Powertools' extras are linked for our own version only.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterator
from pathlib import Path

COMPILED = (".so", ".pyd", ".dylib")


def sdk_folder(root: Path) -> Path:
    """The folder with boto3 and what it needs, made below `root` when it is not there."""
    return _linked(root / "sdk", "boto3", extras=False, compiled=False)


def powertools_folder(root: Path, minor: int) -> Path:
    """The folder with aws_lambda_powertools and those of its extras that are installed, for Python 3.`minor`."""
    own = minor == sys.version_info.minor
    return _linked(root / f"powertools-3.{minor}", "aws-lambda-powertools", extras=True, compiled=own)


def _linked(folder: Path, name: str, *, extras: bool, compiled: bool) -> Path:
    if folder.is_dir():
        return folder
    draft = folder.with_name(f"{folder.name}.draft")
    draft.mkdir(parents=True, exist_ok=True)
    for distribution in closure(name, extras=extras):
        if compiled or not is_compiled(distribution):
            for entry in top_level(distribution):
                link = draft / entry.name
                if not link.is_symlink():
                    link.symlink_to(entry)
    draft.rename(folder)
    return folder


def closure(name: str, *, extras: bool) -> Iterator[importlib.metadata.Distribution]:
    """The distribution and what it needs, as far as it is installed; with `extras` also what those ask for."""
    waiting, seen = [name], set()
    while waiting:
        current = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if current in seen:
            continue
        seen.add(current)
        try:
            distribution = importlib.metadata.distribution(current)
        except importlib.metadata.PackageNotFoundError:
            continue
        yield distribution
        for requirement in distribution.requires or ():
            if ("extra ==" not in requirement) or (extras and current == name):
                waiting.append(re.split(r"[\s<>=!~;\[(]", requirement, maxsplit=1)[0])


def top_level(distribution: importlib.metadata.Distribution) -> set[Path]:
    """The folders and modules that a distribution puts beside others on the path."""
    names = {file.parts[0] for file in distribution.files or () if file.parts[0] not in ("..", "__pycache__")}
    return {path for path in (Path(str(distribution.locate_file(name))) for name in names) if path.exists()}


def is_compiled(distribution: importlib.metadata.Distribution) -> bool:
    """Whether it has files that only one version of Python can load."""
    return any(file.suffix in COMPILED for file in distribution.files or ())
