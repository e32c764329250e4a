"""What the shipper is told, in one JSON object without a secret in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    group: str
    """The log group. It is there; streams are made."""
    prefix: str
    """Streams are `<prefix>/<instance>/journal` and `<prefix>/<instance>/<name of the file>`."""
    region: str = ""
    files: tuple[str, ...] = ()
    """Patterns of paths; lines that end later are shipped later."""
    journal: tuple[str, ...] = ("journalctl",)
    """The command that reads the journal. Empty: no journal."""
    secret_files: tuple[str, ...] = ()
    """What stands in these is in no line that is shipped."""
    reopen: tuple[str, ...] = ()
    """Patterns of files with the process ids of servers that open their logs anew on USR1 (nginx)."""
    turn_at_bytes: int = 64 * MEGABYTE
    """A file of this size is put aside as `.1`, in place of the one before, when all of it is shipped."""
    state: str = "/var/lib/refarch-streaming-logs"
    every_seconds: float = 2.0


def load(path: Path) -> LogSettings:
    """Raises `ValueError` or `TypeError` where the file holds none."""
    values: dict[str, Any] = json.loads(path.read_text())
    for name, each in values.items():
        values[name] = tuple(each) if isinstance(each, list) else each
    return LogSettings(**values)
