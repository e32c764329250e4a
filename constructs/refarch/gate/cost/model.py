"""A cost card: lines, sums, and what is not in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from refarch.gate.cost import render


@dataclass(frozen=True)
class Line:
    """One part of what a resource costs a month, in US dollars."""

    resource: str
    type: str
    item: str
    idle: float
    """What it costs while nothing happens."""
    busy: float
    """What it costs in the busy month that the usage describes."""
    note: str = ""
    """How the figures come about."""
    confirmed: bool = True
    """Whether the price was found in a dated source; if not, it was written down from memory."""


@dataclass(frozen=True)
class LeftOut:
    """Resources that are in no line, and why."""

    type: str
    count: int
    why: str


@dataclass(frozen=True)
class CostCard:
    """What a template costs a month, from idle to busy. List prices, not a quote."""

    name: str
    region: str
    as_of: str
    lines: tuple[Line, ...]
    left_out: tuple[LeftOut, ...]
    """By type, everything that may cost and is not in `lines`."""
    free: int
    """Resources of types that cost nothing themselves."""
    notes: tuple[str, ...] = ()
    emptied: frozenset[str] = frozenset()
    """Auto Scaling groups that a schedule empties at times."""

    @property
    def stopped(self) -> float:
        """Dollars a month at the rate of the hours in which schedules have emptied their groups."""
        return sum(each.idle for each in self.lines if each.resource not in self.emptied)

    @property
    def idle(self) -> float:
        """Dollars a month with no use at all."""
        return sum(each.idle for each in self.lines)

    @property
    def busy(self) -> float:
        """Dollars a month with the assumed use."""
        return sum(each.busy for each in self.lines)

    def table(self) -> str:
        """For people, in a terminal."""
        return render.table(self)

    def markdown(self) -> str:
        """For a page or a pull request."""
        return render.markdown(self)

    def json(self) -> Mapping[str, Any]:
        """For programs: all of it, ready for `json.dumps`."""
        return render.document(self)
