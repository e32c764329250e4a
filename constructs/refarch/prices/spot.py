"""How much less Spot costs: an assumption with its range, for estimates. Measured prices come from EC2 itself."""

from __future__ import annotations

from dataclasses import dataclass

from refarch.prices.tables import table


@dataclass(frozen=True, kw_only=True)
class SpotDiscount:
    """Shares of the On-Demand price that Spot saves (0.6: it costs 40 percent). An assumption, never a price.

    `low` and `high` are the extremes over the sizes of a family, `typical` is their median. `assumed_for` is the
    family, or `default` where the table has none of its own.
    """

    assumed_for: str
    low: float
    typical: float
    high: float
    as_of: str
    region: str


def spot_discount(instance_type: str) -> SpotDiscount:
    """What Spot usually saves for an instance type or a family: of its family, else the default of 50 to 90 percent."""
    document = table("spot_discounts")
    family = instance_type.partition(".")[0]
    known = family in document["families"]
    figures = document["families"][family] if known else document["default"]
    name = family if known else "default"
    return SpotDiscount(assumed_for=name, as_of=document["as_of"], region=document["region"], **figures)
