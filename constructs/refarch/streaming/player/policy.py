"""What the player's page may do, as response headers: a strict Content Security Policy and its kin. Decisions only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

ANY_SECURE = ("https:",)
"""Streams from every https server, as ``?url=`` has it."""
_SOURCE = re.compile(r"^https?:$|^https?://(\*\.)?[A-Za-z0-9.-]+(:(\d{1,5}|\*))?$")
# A-Frame writes two style sheets into the page, one of them empty. Their hashes allow those and no others; after
# another version of A-Frame the test in the browser tells the new ones.
AFRAME_STYLES = (
    "'sha256-v7XYwoR6kd4w8P/jKJwhD8xtQ9lX51WNsDeaJBRcNMc='",
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
)


def sources_allowed(sources: Sequence[str]) -> bool:
    """Whether all are sources of a policy: ``https:``, or ``https://name`` with an optional ``*.`` and port."""
    return all(_SOURCE.match(each) for each in sources)


def content_security_policy(stream_sources: Sequence[str] = ANY_SECURE, *, framed_by: Sequence[str] = ()) -> str:
    """The policy of a page that plays streams from `stream_sources` and may be framed by itself and `framed_by`.

    Scripts, workers and styles come from the page's own place only: nothing inline, nothing evaluated.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            " ".join(("style-src 'self'", *AFRAME_STYLES)),
            "img-src 'self' data:",
            " ".join(("connect-src 'self'", *stream_sources)),
            " ".join(("media-src 'self' blob:", *stream_sources)),
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            " ".join(("frame-ancestors 'self'", *framed_by)),
        )
    )


def headers(stream_sources: Sequence[str] = ANY_SECURE, *, framed_by: Sequence[str] = ()) -> Mapping[str, str]:
    """All security headers of the page. `xr-spatial-tracking` and the sensors are what looking around needs."""
    return {
        "Content-Security-Policy": content_security_policy(stream_sources, framed_by=framed_by),
        "Permissions-Policy": PERMISSIONS,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


PERMISSIONS = (
    "accelerometer=(self), gyroscope=(self), magnetometer=(self), xr-spatial-tracking=(self), fullscreen=(self), "
    "autoplay=(self), camera=(), microphone=(), geolocation=(), payment=(), usb=()"
)
