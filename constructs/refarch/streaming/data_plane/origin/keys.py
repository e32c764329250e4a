"""Publish keys: who may publish under which name. The file is read at every publish: keys change without a restart."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

NAME = re.compile(r"^[a-z0-9]{1,40}$")
APPLICATIONS = {"live": "hls", "qa": "testhls"}
"""RTMP application → the folder its playlists are served under."""


def refusal(application: str, name: str, key: str, keys: Mapping[str, Sequence[str]] | None) -> str | None:
    """Why this publisher is refused; None where it is not. `keys` of None: everybody may publish.

    Keys of a name and keys under "*" count. Two keys at once let an encoder change over without a break.
    """
    if application not in APPLICATIONS:
        return "no such application"
    if not NAME.match(name):
        return "a stream's name is 1 to 40 lowercase letters and digits"
    if keys is None:
        return None
    allowed = [*keys.get(name, ()), *keys.get("*", ())]
    given = key.encode()
    # Every key is compared, in the same time whether it fits or not.
    matches = [hmac.compare_digest(given, each.encode()) for each in allowed if each]
    return None if any(matches) else "wrong or missing publish key"


def read(file: str) -> Mapping[str, Sequence[str]] | None:
    """The keys in `file`; None where no file is set. A file that cannot be read lets nobody in."""
    if not file:
        return None
    try:
        found = json.loads(Path(file).read_text())
        return {name: [str(key) for key in keys] for name, keys in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
