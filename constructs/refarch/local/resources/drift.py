"""Drift of recorded resources: the record is all there is, so it is in sync, or deleted where the record is gone.

A type that is made through an API has no reader here and stays NOT_CHECKED, as is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from refarch.local import adapter
from refarch.local.resources import records, schemas
from refarch.local.resources.provisioner import scope


class Comparable:
    """The properties of a type that drift detection compares: all that can be set and read again."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __contains__(self, name: object) -> bool:
        kind = schemas.find(self.name)
        return kind is not None and not any(path[0] == name for path in (*kind.write_only, *kind.read_only))


def install(types: Iterable[str]) -> None:
    readers = adapter.read("readers for drift")
    for name in types:
        readers[name] = (_reader(name), Comparable(name))


def _reader(name: str) -> Callable[[str, dict[str, Any]], dict[str, Any] | None]:
    def read(physical_id: str, properties: dict[str, Any]) -> dict[str, Any] | None:
        record = records.get((*scope(), name, physical_id))
        return None if record is None else dict(record.properties)

    return read
