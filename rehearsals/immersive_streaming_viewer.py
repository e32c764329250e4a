"""What a viewer of a rehearsal asks for: playlists, and the segments in them."""

from __future__ import annotations

from rehearsals.streaming_processes import get


def text(url: str) -> str:
    """Empty while nobody answers, or there is no such thing yet."""
    try:
        status, body, _ = get(url)
    except OSError:
        return ""
    return body.decode() if status == 200 else ""


def newest(playlist: str) -> str:
    lines = [line for line in text(playlist).splitlines() if line and not line.startswith("#")]
    return f"{playlist.rpartition('/')[0]}/{lines[-1]}" if lines else ""


def later(playlist: str, before: str) -> str:
    found = newest(playlist)
    return found if found and number(found) > number(before) + 2 else ""


def number(segment: str) -> int:
    return int(segment.rpartition("/")[2].removesuffix(".ts"))
