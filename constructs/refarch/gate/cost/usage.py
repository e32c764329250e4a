"""What a busy month looks like: quantities by resource type and by resource, from a TOML file.

```toml
region = "us-east-1"

[types."AWS::Lambda::Function"]
requests = 2_000_000

[resources.Mapper]          # a logical id
milliseconds = 1500
```
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_TABLES = ("types", "resources")


@dataclass(frozen=True)
class Usage:
    """Quantities a month that are given; the rest is assumed, and said."""

    types: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    resources: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    region: str | None = None

    def get(self, resource: str, type_: str, name: str, default: float) -> float:
        """A quantity: the resource's, its type's, or `default`."""
        return self.resources.get(resource, {}).get(name, self.types.get(type_, {}).get(name, default))


def read_usage(text: str) -> Usage:
    """A usage file. Raises `ValueError` with everything that is wrong with it."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"usage file: no TOML: {error}") from None
    if problems := list(_problems(content)):
        raise ValueError("\n  ".join(["usage file:", *problems[:20]]))
    return Usage(types=content.get("types", {}), resources=content.get("resources", {}), region=content.get("region"))


def _problems(content: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(content.keys() - {"region", *_TABLES}):
        yield f"{key} is unknown, allowed: region, types, resources"
    if not isinstance(content.get("region", ""), str):
        yield f'region is {content["region"]!r}, allowed: a text such as "us-east-1"'
    for table in _TABLES:
        entries = content.get(table, {})
        if not isinstance(entries, Mapping):
            yield f"{table} is {entries!r}, allowed: a table of tables"
            continue
        for name, quantities in entries.items():
            if not isinstance(quantities, Mapping):
                yield f"{table}.{name} is {quantities!r}, allowed: a table of numbers"
                continue
            yield from (f"{table}.{name}.{each}" for each in _bad(quantities))


def _bad(quantities: Mapping[str, Any]) -> Iterator[str]:
    for name, value in quantities.items():
        good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
        if not good:
            yield f"{name} is {value!r}, allowed: a number of 0 or more"
