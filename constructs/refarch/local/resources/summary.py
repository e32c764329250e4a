"""What a deploy only recorded, said in one paragraph: asked from outside, of a running cloud."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

SECONDS = 10.0
MOST = 30  # types that are named


def only_recorded_since(endpoint_url: str, moment: float) -> str:
    """The resources that were made or changed after `moment` (seconds since 1970) and exist as records only.

    One paragraph; empty when there are none, or when the cloud does not answer.
    """
    try:
        found = ask(endpoint_url, "resources")["resources"]
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return ""
    return paragraph([one["type"] for one in found if one["real"] == "recorded only" and one["changed"] >= moment])


def paragraph(types: list[str]) -> str:
    if not types:
        return ""
    counted = sorted(Counter(types).items())
    named = [name if count == 1 else f"{name} ({count})" for name, count in counted]
    listed = ", ".join(named[:MOST]) + (f" and {len(named) - MOST} types more" if len(named) > MOST else "")
    plural = "resource was" if len(types) == 1 else "resources were"
    return f"{len(types)} {plural} checked and recorded only, with no service behind: {listed}."


def ask(endpoint_url: str, route: str) -> Any:
    """What the cloud says on one of its own routes."""
    place = urlsplit(endpoint_url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=SECONDS)
    try:
        connection.request("GET", f"/_refarch/{route}")
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()
