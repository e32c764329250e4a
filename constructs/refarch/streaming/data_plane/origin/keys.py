"""Publish keys: who may publish under which name. The file is read at every publish: keys change without a restart."""

from __future__ import annotations

import hmac
import json
import re
import secrets
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


def local(run: str) -> str:
    """A key for the programs of this host, which publish over loopback. Made anew at each start of an origin."""
    return _local_file(run).read_text()


def make_local(run: str) -> None:
    file = _local_file(run)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(secrets.token_urlsafe(32))


def is_local(run: str, address: str, key: str) -> bool:
    """Whether one of this host's own programs publishes, which has checked the encoder's key itself."""
    file = _local_file(run)
    known = file.read_text() if address == "127.0.0.1" and file.exists() else ""
    return bool(known) and hmac.compare_digest(key.encode(), known.encode())


def _local_file(run: str) -> Path:
    return Path(run, "local-key")


def read(file: str) -> Mapping[str, Sequence[str]] | None:
    """The keys in `file`; None where no file is set. A file that cannot be read lets nobody in."""
    if not file:
        return None
    try:
        found = json.loads(Path(file).read_text())
        return {name: [str(key) for key in keys] for name, keys in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
