"""Prices: one dated, sourced table for every estimate that this project makes. List prices, never a quote.

The tables are JSON files in `data/`: each says its date, its sources and what could not be confirmed. Nothing is
fetched. No aws_cdk.
"""

from refarch.prices.instances import InstancePrice, instance_price, instance_prices
from refarch.prices.services import ServicePrice, service_price, service_prices
from refarch.prices.spot import SpotDiscount, spot_discount
from refarch.prices.tables import DEFAULT_REGION, HOURS_A_MONTH, PriceNotKnownError, Provenance, provenances

__all__ = [
    "DEFAULT_REGION",
    "HOURS_A_MONTH",
    "InstancePrice",
    "PriceNotKnownError",
    "Provenance",
    "ServicePrice",
    "SpotDiscount",
    "instance_price",
    "instance_prices",
    "provenances",
    "service_price",
    "service_prices",
    "spot_discount",
]
