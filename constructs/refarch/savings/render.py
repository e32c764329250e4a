"""A savings report for people (a table) and for programs (JSON)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from refarch.prices import provenances
from refarch.savings.report import PoolReport, SavingsReport

_HEAD = ("pool", "spot", "on-demand", "interrupted", "share", "an hour of each", "$/h", "$/h On-Demand", "saved")


def as_json(report: SavingsReport) -> dict[str, Any]:
    """Dollars an hour, shares from 0 to 1, and where the prices come from."""
    return {
        "region": report.region,
        "price_region": report.price_region,
        "hours": report.hours,
        "total": _pool_json(report.total),
        "monthly_savings_usd": report.monthly_savings,
        "usd_a_vcpu_hour": report.usd_a_vcpu_hour,
        "pools": [_pool_json(each) for each in report.pools],
        "types_without_a_price": list(report.left_out),
        "notes": list(report.notes),
        "prices": [{**asdict(each), "sources": list(each.sources)} for each in provenances()],
    }


def _pool_json(pool: PoolReport) -> dict[str, Any]:
    return {
        **{key: value for key, value in asdict(pool).items() if key != "hours"},
        "saved_usd": pool.cost.saved,
        "saved_share": pool.cost.saved_share,
        "interruptions_share": pool.share,
        "interruptions_an_instance_hour": pool.hourly_rate,
    }


def as_table(report: SavingsReport) -> str:
    """Aligned columns, one line a pool, the sum, and what the figures rest on."""
    rows = [_HEAD, *(_row(each) for each in report.pools), _row(report.total)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [
        "  ".join(_cell(cell, width, column) for column, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in [*lines, "", *_notes(report)])


def _cell(text: str, width: int, column: int) -> str:
    return text.ljust(width) if column == 0 else text.rjust(width)


def _row(pool: PoolReport) -> tuple[str, ...]:
    cost = pool.cost
    return (
        f"{pool.instance_type} {pool.zone}".strip(),
        f"{pool.spot:,}",
        f"{pool.on_demand:,}",
        f"{pool.interruptions:,}",
        _percent(pool.share, 2),
        _percent(pool.hourly_rate, 3),
        f"{'~' if pool.assumed else ''}{cost.usd:,.2f}",
        f"{cost.on_demand:,.2f}",
        _percent(cost.saved_share, 1),
    )


def _percent(share: float | None, digits: int) -> str:
    return "-" if share is None else f"{share:.{digits}%}"


def _notes(report: SavingsReport) -> list[str]:
    total, dated = report.total, {each.table: each.as_of for each in provenances()}
    notes = [
        f"Saved: ${total.cost.saved:,.2f} an hour, ${report.monthly_savings:,.0f} a month of 730 hours like this one.",
        f"Interruptions of the last {report.hours:g} hours; share: for each Spot Instance that runs now.",
        f"On-Demand prices of {report.price_region} as of {dated['ec2_us_east_1']}: list prices, not a quote.",
    ]
    if report.price_region != report.region:
        notes.append(f"The fleet is in {report.region}: what On-Demand costs there may differ.")
    if total.assumed:
        notes.append(
            f"~ Spot price assumed from the family's usual discount: ${total.cost.low:,.2f} to "
            f"${total.cost.high:,.2f} an hour in all."
        )
    if report.left_out:
        notes.append(f"Without a price, and in no figure: {', '.join(report.left_out)}.")
    return [*notes, *report.notes]
