"""The local cloud's page in the browser: `/_refarch/console/`, and the JSON that it asks for every second."""

from __future__ import annotations

from refarch.local import rooms
from refarch.local.console import pages, routes


def install(context: rooms.Context) -> None:
    """Serve the page and its data."""
    pages.install()
    routes.install(context)
