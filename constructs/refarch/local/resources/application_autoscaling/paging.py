"""Pages of a list, as MaxResults and NextToken ask for them."""

from __future__ import annotations

from typing import Any

from refarch.local.resources.application_autoscaling.errors import Refused

MOST = 50


def page(name: str, listed: list[dict[str, Any]], request: dict[str, Any]) -> dict[str, Any]:
    """The page of `listed` that the request asks for, under `name`."""
    size = min(int(request.get("MaxResults") or MOST), MOST)
    token = request.get("NextToken") or "0"
    if not token.isdigit():
        raise Refused("InvalidNextTokenException", "The next token is not valid")
    start = int(token)
    rest = {"NextToken": str(start + size)} if start + size < len(listed) else {}
    return {name: listed[start : start + size], **rest}
