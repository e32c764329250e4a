"""Does one pattern with `*` and `?` allow all that another one does? In time that a hostile pattern cannot stretch."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=65_536)
def covers(wide: str, narrow: str) -> bool:
    """True where everything that `narrow` meets is met by `wide` too.

    Wildcards in `narrow` count as characters: `s3:*` covers `s3:Get*`, `s3:Get?` does not cover `s3:Get*`. The match is
    greedy with one point to return to, so it takes at most the product of both lengths.
    """
    if wide in ("*", narrow):
        return True
    at, position, star, after_star = 0, 0, -1, 0
    while at < len(narrow):
        letter = wide[position] if position < len(wide) else ""
        if letter == "*":
            star, after_star = position, at
            position += 1
        elif letter and (letter == narrow[at] or (letter == "?" and narrow[at] != "*")):
            position, at = position + 1, at + 1
        elif star >= 0:
            after_star += 1
            position, at = star + 1, after_star
        else:
            return False
    return all(letter == "*" for letter in wide[position:])


def covered(wide: Iterable[str], narrow: str) -> bool:
    """True where one of several patterns covers `narrow`."""
    return any(covers(each, narrow) for each in wide)
