"""A text that fits a regular expression: for identifiers that must look like those of the service.

The text is drawn, but the same seed gives the same text. A pattern that Python cannot read, or one that
a hundred drawings do not fit, gives None.
"""

from __future__ import annotations

import importlib
import random
import re
import string
import warnings
from typing import Any

from refarch.local.resources.keywords import matches

# The only parser of patterns there is; `re` itself is built on it.
parser: Any = importlib.import_module("re._parser")
codes: Any = importlib.import_module("re._constants")
DRAWINGS = 100
ALPHABET = string.ascii_lowercase + string.digits
CLASSES = {
    codes.CATEGORY_DIGIT: string.digits,
    codes.CATEGORY_NOT_DIGIT: string.ascii_lowercase,
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_SPACE: ALPHABET,
    codes.CATEGORY_WORD: ALPHABET,
    codes.CATEGORY_NOT_WORD: "-",
}


def sample(pattern: str, seed: str, *, shortest: int = 0, longest: int | None = None) -> str | None:
    """A text of `shortest` to `longest` characters in which `pattern` is found; None when none was drawn."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what may mean something else in a later Python
            parsed = parser.parse(pattern.replace(r"\p{L}", "a-z").replace(r"\p{N}", "0-9").replace(r"\p{Z}", " "))
    except (re.error, OverflowError, RecursionError):
        return None
    drawn = random.Random(seed)  # noqa: S311 - the same each time, no secret
    for attempt in range(DRAWINGS):
        text = _Drawing(drawn, attempt).sequence(parsed)
        text += "".join(drawn.choice(ALPHABET) for _ in range(shortest - len(text))) if attempt % 2 else ""
        if shortest <= len(text) <= (longest or len(text)) and matches(pattern, text):
            return text
    return None


class _Drawing:
    """One drawing; later ones repeat more often, for patterns with a least length elsewhere."""

    def __init__(self, drawn: random.Random, attempt: int) -> None:
        self.drawn = drawn
        self.more = attempt // 10

    def sequence(self, parsed: Any) -> str:
        return "".join(self.one(code, value) for code, value in parsed)

    def one(self, code: Any, value: Any) -> str:
        if code is codes.LITERAL:
            return chr(value)
        if code is codes.NOT_LITERAL:
            return "a" if chr(value) != "a" else "b"
        if code is codes.ANY:
            return self.drawn.choice(ALPHABET)
        if code is codes.IN:
            return self.drawn.choice(self.characters(value))
        if code is codes.BRANCH:
            return self.sequence(self.drawn.choice(value[1]))
        if code is codes.SUBPATTERN:
            return self.sequence(value[3])
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            return self.repeated(*value)
        return ""  # anchors and looks around take no room; whether they fit is tested afterwards

    def repeated(self, least: int, most: int, parsed: Any) -> str:
        times = min(max(least, 1 if most else 0) + self.more * self.drawn.randint(0, 3), most)
        return "".join(self.sequence(parsed) for _ in range(max(least, times)))

    def characters(self, members: list[tuple[Any, Any]]) -> str:
        negated = any(code is codes.NEGATE for code, _ in members)
        found = "".join(self.member(code, value) for code, value in members)
        if not negated:
            nice = "".join(one for one in found if one in ALPHABET)
            return nice or found or "a"
        return "".join(one for one in ALPHABET + "-_ ." if one not in found) or "a"

    def member(self, code: Any, value: Any) -> str:
        if code is codes.LITERAL:
            return chr(value)
        if code is codes.RANGE:
            return "".join(map(chr, range(value[0], min(value[1], value[0] + 200) + 1)))
        return CLASSES.get(value, "") if code is codes.CATEGORY else ""
