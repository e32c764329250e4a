"""Under which name a video is published. A decision: the same key always has the same name, and no other key has it."""

from __future__ import annotations

import hashlib
import re
import unicodedata

MASTER = "master.m3u8"
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_LONGEST_SLUG = 80


def asset_name(key: str) -> str:
    """`talks/day 1.mp4` → `talks-day-1-<hash>`; a key that is fit for an address as it is only loses its `.mp4`.

    Other endings stay, so that `a.mp4` and `a.mov` do not meet; a dot inside a name is a letter like any other.
    """
    if _PLAIN.fullmatch(key):
        return key.removesuffix(".mp4")
    ascii_only = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9]+", "-", ascii_only.removesuffix(".mp4")).strip("-").lower()[:_LONGEST_SLUG]
    return "-".join(part for part in (slug, hashlib.sha256(key.encode()).hexdigest()[:12]) if part)


def master_key(asset: str) -> str:
    """Where the address of a video ends: `vod/<asset>/master.m3u8`."""
    return f"vod/{asset}/{MASTER}"


def version_prefix(asset: str, version: str) -> str:
    """Where the renditions of one version lie. They never change there, so caches may keep them for ever."""
    return f"vod/{asset}/{version}/"


def version_of(etag: str, recipe: str) -> str:
    """The version of a video: of its source's content and of how it was encoded."""
    return hashlib.sha256(f"{etag}\0{recipe}".encode()).hexdigest()[:16]
