"""What `refarch graviton` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from refarch.prices import InstancePrice, instance_price, provenances
from refarch.web.graviton_sizes import A1_SIZES, Comparison, comparisons, equivalents_of
from refarch.web.porting import BLOCKS, REVIEW, Report

_SIZE = "2xlarge"
_PRICED = ("type", "vCPUs", "GiB", "USD/h", "USD/vCPU/h", "USD/GiB/h")


def report_text(report: Report) -> str:
    """For people: findings first, then what was looked at and what nobody can see here."""
    lines = []
    for each in report.findings:
        lines += [f"{each.severity:6}  {each.where}  {each.rule}", f"        {each.what}"]
        lines += [f"        do: {each.remedy}", f"        see: {each.source}", ""]
    looked = ", ".join(f"{count} {kind}" for kind, count in report.looked_at.items()) or "nothing that it knows"
    counts = f"{report.count(BLOCKS)} that block, {report.count(REVIEW)} to review"
    lines += [f"Found: {counts}.", f"Looked at: {looked}."]
    lines += [f"Left out: {each}" for each in report.left_out]
    lines += [f"Note: {each}" for each in report.notes]
    return "\n".join([*lines, "Cannot know:", *(f"  - {each}" for each in report.cannot_know)])


def sizes_text() -> str:
    """Three tables: A1 and its equivalents, their prices by vCPU and GiB, Graviton beside x86."""
    prices = next(each for each in provenances() if each.table.startswith("ec2"))
    head = f"Prices: {prices.region}, On-Demand, Linux, as of {prices.as_of}. A1 does not boot Amazon Linux 2023."
    moves = [("was", "vCPUs", "GiB", "USD/h", "instead, cheapest first")]
    for size in A1_SIZES:
        instead = ", ".join(f"{each.name} {each.usd_an_hour:g}" for each in equivalents_of(size.name))
        usd = f"{instance_price(size.name).usd_an_hour:g}"
        moves.append((size.name, str(size.vcpus), str(size.memory_gib), usd, instead))
    shown = [each for each in comparisons() if each.graviton.size == _SIZE]
    saved = [
        ("Graviton", "x86", "saving"),
        *((each.graviton.name, each.x86.name, f"{each.saving:.1%}") for each in shown),
    ]
    priced = [_PRICED, *map(_priced, _types(shown))]
    last = "The last line is the post's claim of 2019. All sizes: --format json."
    return "\n\n".join([head, table(moves), table(priced), table(saved), last])


def sizes_document() -> dict[str, Any]:
    """Every size, with the date of the prices."""
    found = comparisons()
    return {
        "as_of": found[0].graviton.as_of,
        "region": found[0].graviton.region,
        "a1": [
            {"type": each.name, "vcpus": each.vcpus, "memory_gib": each.memory_gib, "network_gbps": each.network_gbps}
            | {"ebs_gbps": each.ebs_gbps, "storage": each.storage}
            | {"instead": [_figures(price) for price in equivalents_of(each.name)]}
            for each in A1_SIZES
        ],
        "comparisons": [
            {"graviton": _figures(each.graviton), "x86": _figures(each.x86), "saving": round(each.saving, 4)}
            for each in found
        ],
    }


def table(rows: Sequence[Sequence[str]]) -> str:
    """Aligned columns; the first row is the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _types(shown: Sequence[Comparison]) -> list[InstancePrice]:
    return list({price.name: price for each in shown for price in (each.graviton, each.x86)}.values())


def _priced(price: InstancePrice) -> tuple[str, ...]:
    figures = _figures(price)
    by = (f"{figures[key]:.5f}" for key in ("usd_a_vcpu_hour", "usd_a_gib_hour"))
    return (price.name, str(price.vcpus), f"{price.memory_gib:g}", f"{price.usd_an_hour:g}", *by)


def _figures(price: InstancePrice) -> dict[str, Any]:
    return {
        "type": price.name,
        "architecture": price.architecture,
        "vcpus": price.vcpus,
        "memory_gib": price.memory_gib,
        "usd_an_hour": price.usd_an_hour,
        "usd_a_vcpu_hour": round(price.usd_an_hour / price.vcpus, 6),
        "usd_a_gib_hour": round(price.usd_an_hour / price.memory_gib, 6),
    }
