"""Alarms on metric math in templates: kept with all that they were told, and never set off by themselves.

ministack refuses them, and with them their whole stack. Nothing here computes metric math, so such an alarm stays in
INSUFFICIENT_DATA until somebody sets its state (`set_alarm_state`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refarch.local import adapter

_NO_METRIC = "-"


def install() -> None:
    plain = adapter.read("record of an alarm")

    def recorded(name: str, props: Mapping[str, Any]) -> dict[str, Any]:
        metrics = props.get("Metrics")
        if not metrics:
            return dict(plain(name, props))
        single = {key: value for key, value in props.items() if key != "Metrics"}
        alarm = plain(name, {**single, "MetricName": _NO_METRIC, "Namespace": _NO_METRIC})
        # Without a name the evaluation passes it over.
        return {**alarm, "MetricName": "", "Namespace": "", "Metrics": metrics}

    adapter.replace("record of an alarm", recorded)
