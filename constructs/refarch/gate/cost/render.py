"""A cost card as a table, Markdown or JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from refarch.gate.cost.model import CostCard

UNCONFIRMED = "~ a price that was found in no dated source"


def money(value: float) -> str:
    """Dollars; small sums keep two figures that count."""
    return f"{value:,.2f}" if value >= 0.01 or value == 0 else f"{value:.2g}"


def table(card: CostCard) -> str:
    """Columns of plain text."""
    rows = [_row(each) for each in card.lines]
    wide = [max([0, *(len(row[index]) for row in rows)]) for index in range(4)]
    lines = [head(card), ""]
    for name, item, idle, busy, note in rows:
        lines.append(f"  {name:<{wide[0]}}  {item:<{wide[1]}}  {idle:>{wide[2]}} … {busy:>{wide[3]}}  {note}".rstrip())
    return "\n".join([*lines, *([""] if rows else []), *below(card)]) + "\n"


def markdown(card: CostCard) -> str:
    """A table of Markdown."""
    rows = [f"| {' | '.join(_cell(each) for each in _row(line))} |" for line in card.lines]
    shown = ["| resource | item | idle | busy | how |", "|---|---|---:|---:|---|", *rows] if rows else []
    return "\n".join([f"**{head(card)}**", "", *shown, *([""] if rows else []), *below(card)]) + "\n"


def head(card: CostCard) -> str:
    """The one line that counts."""
    return f"{card.name}: {money(card.idle)} USD a month idle, {money(card.busy)} busy ({card.region}, {card.as_of})"


def below(card: CostCard) -> list[str]:
    """What to know about the figures."""
    lines = ["List prices, not a quote; without free tiers, discounts, taxes and transfer between zones."]
    if any(not each.confirmed for each in card.lines):
        lines.append(UNCONFIRMED)
    if card.emptied:
        lines.append(f"While schedules keep {len(card.emptied)} groups empty: {money(card.stopped)} USD a month")
    lines += card.notes
    for each in card.left_out:
        lines.append(f"Left out: {each.count} × {each.type}: {each.why}")
    return [*lines, f"Free themselves: {card.free} resources"]


def document(card: CostCard) -> Mapping[str, Any]:
    """Everything, with the sums rounded to a hundredth of a cent."""
    return {
        "version": 1,
        "name": card.name,
        "region": card.region,
        "as_of": card.as_of,
        "currency": "USD",
        "idle_month": round(card.idle, 4),
        "busy_month": round(card.busy, 4),
        **({"stopped_month": round(card.stopped, 4)} if card.emptied else {}),
        "lines": [{**asdict(each), "idle": round(each.idle, 6), "busy": round(each.busy, 6)} for each in card.lines],
        "left_out": [asdict(each) for each in card.left_out],
        "free": card.free,
        "notes": list(card.notes),
    }


def _row(line: Any) -> tuple[str, str, str, str, str]:
    mark = "" if line.confirmed else "~"
    return line.resource, line.item, mark + money(line.idle), mark + money(line.busy), line.note


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
