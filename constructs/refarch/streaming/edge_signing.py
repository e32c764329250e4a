"""Signed addresses, as the edge checks them (nginx's secure_link): who has none, or an old one, gets nothing.

The token covers the stream and the time until which it holds, not the file: a player that got a signed master playlist
follows its relative addresses and stays signed. Anyone who is given the address can use it until it expires.
"""

from __future__ import annotations

import base64
import hashlib
import re

_PATH = re.compile(r"^/(hls|testhls)/([a-z0-9]{1,40})(?:[_.].*)?$")


def sign(path: str, *, key: str, expires: int) -> str:
    """The signed form of `/hls/<name>.m3u8`, good until `expires` (seconds since 1970).

    Raises `ValueError` for a path that is no stream's.
    """
    if not (match := _PATH.match(path)):
        raise ValueError(f"path is {path!r}, allowed: /hls/<name>… or /testhls/<name>…, lowercase letters and digits")
    return f"/signed/{token(match[1], match[2], key=key, expires=expires)}/{expires}{path}"


def token(point: str, stream: str, *, key: str, expires: int) -> str:
    # MD5 is what nginx's module speaks; the key stands last, so a longer message cannot be made from a shorter one.
    digest = hashlib.md5(f"{expires}/{point}/{stream} {key}".encode(), usedforsecurity=False).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
