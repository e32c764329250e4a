"""Keeps pages of the internet, open in a browser on this machine, from driving the local cloud behind the user's back.

Any page can make a browser send to a loopback port, and the emulator asks nobody for a secret: without this, a page
could create a Lambda function here and run it. Commands and SDKs are no browsers and notice nothing; pages that are
served from this machine (a site under development, the console) are let through, as is a link that is followed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
REFUSAL = b"a page of another site may not use this local cloud"


def refuses_other_sites(application: Application) -> Application:
    """`application`, which answers 403 to what a page of another site made a browser send."""

    async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http" and is_of_another_site(scope["method"], headers_of(scope)):
            kind = [(b"content-type", b"text/plain"), (b"content-length", str(len(REFUSAL)).encode())]
            await send({"type": "http.response.start", "status": 403, "headers": kind})
            await send({"type": "http.response.body", "body": REFUSAL})
            return
        await application(scope, receive, send)

    return wrapped


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a request; their names are lower case."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def is_of_another_site(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser says that another site's page sent this (it says so to loopback addresses; no page can lie)."""
    if headers.get("sec-fetch-site") != "cross-site" or is_local(headers.get("origin", "")):
        return False
    followed_link = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return not (method in ("GET", "HEAD") and followed_link)


def is_local(origin: str) -> bool:
    """Whether the page of this origin is served from this machine."""
    host = urlsplit(origin).hostname or ""
    return host in ("127.0.0.1", "::1", "localhost") or host.endswith(".localhost")
