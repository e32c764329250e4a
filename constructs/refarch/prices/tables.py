"""Reading the price tables, and what to say when something is not in them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

DEFAULT_REGION = "us-east-1"
HOURS_A_MONTH = 730.0
"""What AWS's own calculators take for a month."""
TABLES = ("ec2_us_east_1", "services_us_east_1", "spot_discounts")


class PriceNotKnownError(ValueError):
    """The tables have no such price. The message says what was asked for and what is nearest to it."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a table comes from. `as_of`: year, month or day. `unconfirmed`: what to check before relying on it."""

    table: str
    as_of: str
    region: str
    unit: str
    sources: tuple[str, ...]
    unconfirmed: tuple[str, ...]


@cache
def table(name: str) -> Mapping[str, Any]:
    """One of `TABLES`, as it is on disk."""
    text = files("refarch.prices").joinpath("data", f"{name}.json").read_text(encoding="utf-8")
    document: Mapping[str, Any] = json.loads(text)
    return document


def provenances() -> tuple[Provenance, ...]:
    """Date, sources and doubts of every table: what a report prints beside its figures."""
    return tuple(_provenance(name, table(name)) for name in TABLES)


def _provenance(name: str, document: Mapping[str, Any]) -> Provenance:
    return Provenance(
        table=name,
        as_of=document["as_of"],
        region=document["region"],
        unit=document["unit"],
        sources=tuple(document["sources"]),
        unconfirmed=tuple(document["unconfirmed"]),
    )


def not_known(what: str, asked: str, known: Collection[str]) -> PriceNotKnownError:
    """The error for something that is not in a table; it names up to three that are nearest."""
    near = get_close_matches(asked, known, n=3, cutoff=0.4) or sorted(known)[:3]
    return PriceNotKnownError(f"{what} is {asked!r}, allowed: one of {len(known)} known; nearest: {', '.join(near)}")
