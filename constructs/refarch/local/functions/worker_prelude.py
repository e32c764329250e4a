# ruff: noqa: PTH101, PTH118, PTH120, PTH123
"""What runs first in a Python function's process, below any version of Python from 3.10 on: only its own modules.

This file is also read as text and put in front of the emulator's worker; it imports nothing of ours,
and no pathlib, which would cost milliseconds at every cold start.
"""

from __future__ import annotations

import builtins
import io
import os
import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def prepare(settings: dict[str, list[str]]) -> None:
    """Leave the standard library and `settings["packages"]` on the path, print `settings["warnings"]`, map /opt."""
    library = os.path.dirname(os.__file__)
    kept = [entry for entry in sys.path if entry == library or entry.startswith(os.path.join(library, "lib-dynload"))]
    sys.path[:] = kept + settings["packages"]
    finders = ("BuiltinImporter", "FrozenImporter", "PathFinder")
    sys.meta_path[:] = [finder for finder in sys.meta_path if getattr(finder, "__name__", "") in finders]
    for name, module in list(sys.modules.items()):
        if "site-packages" in (getattr(module, "__file__", None) or ""):
            del sys.modules[name]  # a .pth file of this environment imported it
    for warning in settings["warnings"]:
        print("[refarch] " + warning, file=sys.stderr, flush=True)
    layers = [folder for folder in os.environ.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep) if folder]
    if layers:
        map_opt(layers[::-1])  # a later layer's file goes before an earlier one's


def map_opt(layers: list[str]) -> None:
    """Let `open`, the commonest calls of `os` and programs that are started find what layers have below /opt."""

    def real(path: Any) -> Any:
        if isinstance(path, str) and path.startswith("/opt/"):
            for layer in layers:
                inside = os.path.join(layer, path[len("/opt/") :])
                if os.path.lexists(inside):
                    return inside
        return path

    def with_real_path(function: Callable[..., Any]) -> Callable[..., Any]:
        def mapped(path: Any, *arguments: Any, **options: Any) -> Any:
            return function(real(path), *arguments, **options)

        return mapped

    builtins.open = io.open = with_real_path(builtins.open)
    for name in ("stat", "listdir", "scandir", "access", "open"):
        setattr(os, name, with_real_path(getattr(os, name)))
    start = subprocess.Popen.__init__

    def started(self: Any, args: Any, *arguments: Any, **options: Any) -> None:
        if isinstance(args, (list, tuple)) and args and real(args[0]) != args[0]:
            args = [*program(real(args[0])), *args[1:]]
        start(self, args, *arguments, **options)

    subprocess.Popen.__init__ = started  # type: ignore[method-assign]


def program(path: str) -> list[str]:
    """The command for a layer's program: unzipping lost its mode, and Lambda's own Python is elsewhere here."""
    with open(path, "rb") as file:
        if file.readline().startswith(b"#!/var/lang/bin/python"):
            return [sys.executable, path]
    os.chmod(path, 0o755)  # noqa: S103
    return [path]
