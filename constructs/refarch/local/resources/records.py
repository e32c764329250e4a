"""What the generic handler has made: properties and attributes of each resource, and which API keeps it, if any."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from refarch.local import hooks

Key = tuple[str, str, str, str]  # account, region, type, physical id


@dataclass
class Record:
    """One resource. `api` names the service whose API really has it; None: it is only recorded here.

    `behind`: the API lacks the last change, which is only recorded. `changed` is when it was made or changed
    last, in seconds since 1970.
    """

    properties: dict[str, Any]
    attributes: dict[str, Any] = field(default_factory=dict)
    api: str | None = None
    behind: bool = False
    changed: float = field(default_factory=time.time)


_records: dict[Key, Record] = {}
_lock = threading.Lock()


def put(key: Key, record: Record) -> None:
    with _lock:
        _records[key] = record


def get(key: Key) -> Record | None:
    return _records.get(key)


def remove(key: Key) -> Record | None:
    with _lock:
        return _records.pop(key, None)


def listed() -> dict[Key, Record]:
    with _lock:
        return dict(_records)


def install() -> None:
    """Empty the records with the cloud, and keep them where the cloud is kept."""
    hooks.on_reset("resources", _records.clear)
    hooks.keeps("resources", _save, _load)


def _save() -> list[Any]:
    return [[*key, asdict(record)] for key, record in listed().items()]


def _load(saved: list[Any]) -> None:
    for account, region, kind, identifier, record in saved:
        put((account, region, kind, identifier), Record(**record))
