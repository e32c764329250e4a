"""What earlier runs found out, in a folder: one file a stack, one entry a part, each under the key of all its inputs.

An entry counts only where its key is the one that is asked for and its text has the digest that was noted: a file that
is cut, edited, or made by another version is work to do again, never an answer. The digest guards against accidents,
not against who may write to the folder and means ill: keep it as private as the working tree.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

_MAX_BYTES = 64 * 2**20
_MAX_AGE = 30 * 86_400.0
_ENDING = ".gate.json"


class Store:
    """`folder=None` remembers nothing. `reused` and `made` count parts by name: what a run did not do, and did."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.reused: Counter[str] = Counter()
        self.made: Counter[str] = Counter()
        self._shelves: dict[str, dict[str, dict[str, str]]] = {}
        self._changed: set[str] = set()

    def part(self, shelf: str, name: str, key: str, make: Callable[[], Any]) -> Any:
        """The part of a shelf, remembered or made. What `make` gives must survive JSON."""
        entry = self._shelf(shelf).get(name)
        if entry is not None and (found := _body(entry, key)) is not None:
            self.reused[name] += 1
            return found["value"]
        value = make()
        text = json.dumps({"value": value}, ensure_ascii=False)
        self.made[name] += 1
        if isinstance(value, dict) and value.get("missing"):
            return value  # something is not installed, or failed: the next run may have more luck
        self._shelf(shelf)[name] = {"key": key, "text": text, "digest": digest(text)}
        self._changed.add(shelf)
        return json.loads(text)["value"]

    def save(self) -> None:
        """Write what is new; forget what nobody asked for in thirty days. A folder that cannot be written is no error:
        the next run then works again."""
        if self.folder is None:
            return
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            for shelf in sorted(self._changed):
                _write(self._path(shelf), json.dumps(self._shelves[shelf]))
            _forget(self.folder, {self._path(shelf).name for shelf in self._shelves})
        self._changed.clear()

    def _shelf(self, shelf: str) -> dict[str, dict[str, str]]:
        if shelf not in self._shelves:
            self._shelves[shelf] = _read(self._path(shelf)) if self.folder else {}
        return self._shelves[shelf]

    def _path(self, shelf: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{digest(shelf)[:40]}{_ENDING}"


def digest(text: str | bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def key_of(*parts: Any) -> str:
    """One key of everything that decides an answer."""
    return digest(json.dumps(parts, sort_keys=True, default=str))


def _body(entry: Any, key: str) -> Any:
    """What an entry holds, or nothing where anything about it is not as it was written."""
    if not isinstance(entry, dict) or entry.get("key") != key or not isinstance(text := entry.get("text"), str):
        return None
    if digest(text) != entry.get("digest"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "value" in found else None


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MAX_BYTES:
            return {}
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, text: str) -> None:
    """Whole or not at all: two runs at once must not read each other's half."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix="writing-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _forget(folder: Path, used: set[str]) -> None:
    now = time.time()
    for path in folder.glob(f"*{_ENDING}"):
        if path.name in used:
            os.utime(path)
        elif now - path.stat().st_mtime > _MAX_AGE:
            path.unlink()
