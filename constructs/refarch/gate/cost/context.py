"""What a cost model is given, and the lines that it makes with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from refarch.gate.cost.model import Line
from refarch.gate.cost.prices import Prices
from refarch.gate.cost.usage import Usage
from refarch.gate.policy.values import number
from refarch.gate.policy.view import Resource, Template
from refarch.prices import HOURS_A_MONTH

HOURS = HOURS_A_MONTH


class NoPrice(Exception):
    """A resource that cannot be priced; the text says why."""


@dataclass(frozen=True)
class Case:
    """One resource of one template."""

    resource: Resource
    view: Template
    prices: Prices
    usage: Usage

    def fixed(self, item: str, price: str, times: float, note: str = "") -> Line:
        """Runs whether it is used or not."""
        found = self.prices.service(price)
        cost = found.usd * times
        return self._line(item, cost, cost, note or _plain(found.usd, found.unit, times), found.confirmed)

    def used(self, item: str, price: str, assumed: float) -> Line:
        """Costs by use: nothing while idle. `item` is the quantity's name in the usage file."""
        found = self.prices.service(price)
        quantity = self.quantity(item, assumed)
        note = f"{figure(quantity)} × {figure(found.usd)} USD"
        return self._line(item.replace("_", " "), 0.0, found.usd * quantity, note, found.confirmed)

    def ranged(self, item: str, idle: float, busy: float, note: str, *, confirmed: bool = True) -> Line:
        """From one sum to another."""
        return self._line(item, idle, busy, note, confirmed)

    def quantity(self, name: str, assumed: float) -> float:
        """From the usage file, or what is assumed."""
        return self.usage.get(self.resource.name, self.resource.type, name, assumed)

    def number(self, path: str, default: float) -> float:
        """A number of the properties; `default` where it is left out or decided at deployment."""
        found = number(self.resource.get(path))
        return default if found is None or not 0 <= found < 1e9 else found

    def _line(self, item: str, idle: float, busy: float, note: str, confirmed: bool) -> Line:
        return Line(self.resource.name, self.resource.type, item, idle, max(idle, busy), note, confirmed)


Lines = Iterator[Line]


def _plain(usd: float, unit: str, times: float) -> str:
    return f"{figure(times)} × {figure(usd)} USD" if times != 1 else unit


def figure(value: float) -> str:
    """A number as people write it: 1,000,000 and 0.0000004."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.12f}".rstrip("0").rstrip(".")
