"""Settings that keep the public out, and which of them a change relaxes: `open_settings.json`, reviewed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from refarch.gate.diff.compare import projected
from refarch.gate.diff.values import text_of
from refarch.gate.tables import read_table

_MAX_VALUES = 1_000


def relaxed(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, str, str]]:
    """(logical id, subject, text) for each setting that is open now and was not.

    A new resource counts only where it says so itself: what is open by default is no decision of this change.
    """
    for name, resource in sorted(after.items()):
        for row in _settings().get(resource["Type"], ()):
            old = before.get(name)
            was = _values(old, row) if old else []
            now = _values(resource, row)
            if not was and not now:
                continue
            was = was or [text_of(row.get("absent_before", row["absent"])) or ""] * bool(old)
            now = now or [text_of(row["absent"]) or ""]
            opened = [each for each in now if each in row["texts"] and each not in was]
            if opened:
                path = row["property"].replace("/", ".")
                yield name, f"setting of {name}", f"{path} becomes {opened[0]}: {row['reason']}"


def _values(resource: Mapping[str, Any], row: Mapping[str, Any]) -> list[str]:
    found = [*projected(resource["Properties"], tuple(row["property"].split("/")))][:_MAX_VALUES]
    return [text_of(each) or "?" for value in found for each in (value if isinstance(value, list) else [value])]


@cache
def _settings() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in read_table("diff", "data", "open_settings.json")["settings"]:
        row["texts"] = [text_of(value) for value in row["open"]]
        found.setdefault(row["type"], []).append(row)
    return found
