"""Numbers for people: bytes, counts, seconds, dollars."""

from __future__ import annotations

import re

_UNITS = {"": 1, "b": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BINARY = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[kmgt]i?)?b?", re.IGNORECASE)


def parse_size(text: str) -> int:
    """Bytes in `64MiB`, `1.5GB`, `25g` or `4096`. Raises `ValueError` that says what is allowed."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a size: use for example 64MiB, 1.5GB or 4096")
    unit = (match["unit"] or "").lower()
    return int(float(match["number"]) * (_UNITS | _BINARY)[unit])


def format_bytes(count: float) -> str:
    """`25.4 GB`, `312 MB`, `17 B`: decimal units, as the post and AWS's bill use them."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{_short(count / size)} {unit}"
    return f"{count:.0f} B"


def format_count(count: float) -> str:
    """`155 million`, `1.5 million`, `12,345`."""
    if count >= 1e9:
        return f"{_short(count / 1e9)} billion"
    if count >= 1e6:
        return f"{_short(count / 1e6)} million"
    return f"{count:,.0f}"


def counted(number: int, word: str) -> str:
    """`1 mapper`, `2 mappers`, `1,024 mappers`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def format_seconds(seconds: float) -> str:
    """`0.42 s`, `9.3 s`, `118 s`, `1 h 02 min`."""
    if seconds < 3600:
        return f"{_short(seconds) if seconds >= 1 else f'{seconds:.2f}'} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60):02d} min"


def format_dollars(dollars: float) -> str:
    """`$1.24`, `$0.0249`, `$0.0000123`: three digits that say something."""
    if dollars >= 1 or dollars == 0:
        return f"${dollars:,.2f}"
    digits = 2
    while round(dollars, digits) * 10**digits < 100 and digits < 9:
        digits += 1
    return f"${dollars:.{digits}f}"


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 100 or number == int(number) else f"{number:.1f}"
