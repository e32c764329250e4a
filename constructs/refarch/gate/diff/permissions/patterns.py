"""Does one pattern with `*` and `?` allow all that another one does? In time that a hostile pattern cannot stretch."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_STEPS = 4_000_000
"""For one policy: about a second. What is not compared by then counts as not covered: late, but never unseen."""
_WILD = re.compile(r"[*?]")


class Matcher:
    """Compares patterns, remembers what it found, and stops after `MAX_STEPS` steps."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.left = steps
        self._known: dict[tuple[str, str], bool] = {}

    @property
    def exhausted(self) -> bool:
        """True where every further answer is "not covered"."""
        return self.left < 0

    def covers(self, wide: str, narrow: str) -> bool:
        """True where everything that `narrow` meets is met by `wide` too.

        Wildcards in `narrow` count as characters: `s3:*` covers `s3:Get*`, `s3:Get?` does not cover `s3:Get*`.
        """
        if wide in ("*", narrow):
            return True
        self.left -= 1
        first = _WILD.search(wide)
        if first is None or self.left < 0 or not narrow.startswith(wide[: first.start()]):
            return False
        key = (wide, narrow)
        if key not in self._known:
            self._known[key] = self._matches(wide, narrow)
        return self._known[key]

    def covered(self, wide: Iterable[str], narrow: str) -> bool:
        """True where one of several patterns covers `narrow`."""
        if isinstance(wide, frozenset) and narrow in wide:
            return True
        return not self.exhausted and any(self.covers(each, narrow) for each in wide)

    def _matches(self, wide: str, narrow: str) -> bool:
        """Greedy, with one point to return to: at most the product of both lengths."""
        at, position, star, after_star = 0, 0, -1, 0
        while at < len(narrow) and self.left >= 0:
            self.left -= 1
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
        return self.left >= 0 and all(letter == "*" for letter in wide[position:])
