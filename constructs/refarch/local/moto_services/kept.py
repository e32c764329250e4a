"""What a restart with `--persist` leaves of these services: moto cannot save its stores, so they begin empty.

A stack's resource of such a service is a record from then on, and is called one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from refarch.local.moto_services.catalogue import clients
from refarch.local.resources import records


def save() -> list[Any]:
    return []


def load(saved: list[Any]) -> None:
    """After the records are back: say of each that its service does not have it any more."""
    lost = clients()
    for key, record in records.listed().items():
        if record.api in lost:
            records.put(key, replace(record, api=None))
