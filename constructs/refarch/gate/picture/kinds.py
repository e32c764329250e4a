"""What each resource type is in a picture: a box with a word and an icon, a connector, or nothing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).with_name("data")
CLIENTS = "Clients"
"""The one box that no resource makes: whoever calls from outside."""


@dataclass(frozen=True)
class Kind:
    """Word, icon and colour of a type."""

    word: str
    icon: str
    colour: str


def table(name: str) -> Any:
    """One of the tables beside this module."""
    return json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))


@cache
def _kinds() -> dict[str, Kind]:
    return {name: Kind(*row) for name, row in table("kinds").items()}


@cache
def connectors() -> dict[str, Any]:
    """Types that are no box, and what they stand for."""
    found: dict[str, Any] = table("connectors")
    return found


@cache
def _folded() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each})" for each in connectors()["folded"]))


@cache
def is_known(type_: str) -> bool:
    """Whether the type has a word of its own here."""
    return type_ in _kinds()


@cache
def is_shown(type_: str) -> bool:
    """Whether a resource of the type is a box. A type that nobody knows is one: nothing vanishes unsaid."""
    if type_ in _kinds():
        return True
    listed = connectors()
    return type_ not in listed["stand_for"] and type_ not in listed["stand_for_users"] and not _folded().match(type_)


@cache
def kind_of(type_: str) -> Kind:
    """Its word and icon; for an unknown type the last two parts of its name."""
    found = _kinds().get(type_)
    return found or Kind(" ".join(type_.split("::")[1:])[:60] or type_[:60], "box", "plain")
