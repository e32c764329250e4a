"""Checks of props: every problem at once, and never a comparison with an unresolved token."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from aws_cdk import Token

_MARK = "${Token["
_TOKEN_NUMBERS_BELOW = -1e288  # numbers that stand for tokens begin at -1.88e289


class InvalidPropsError(ValueError):
    """Props that cannot work. The message lists every problem: what was wrong, the value got, what is allowed."""


class Problems:
    """Collects what is wrong with the props of one construct and raises once.

    An unresolved token (a value that CloudFormation knows only at deployment) passes every check: as a number it
    reads -1.88e289, so comparing it would always be wrong.
    """

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._found: list[str] = []

    def between(self, name: str, value: float, low: float, high: float, unit: str = "") -> None:
        """`value` must lie in [low, high]."""
        if is_known(value) and not low <= value <= high:
            self.add(name, value, f"{low:g} to {high:g}{' ' + unit if unit else ''}")

    def one_of(self, name: str, value: object, allowed: Collection[Any]) -> None:
        """`value` must be one of `allowed`."""
        if is_known(value) and value not in allowed:
            self.add(name, value, "one of " + ", ".join(str(each) for each in allowed))

    def check(self, holds: bool, name: str, value: object, allowed: str) -> None:
        """Any other rule: a problem unless `holds`."""
        if not holds:
            self.add(name, value, allowed)

    def add(self, name: str, value: object, allowed: str) -> None:
        self._found.append(f"{name} is {value!r}, allowed: {allowed}")

    def include(self, told: str) -> None:
        """Problems that another construct's props have told of, as one text."""
        self._found.append(told)

    def raise_any(self) -> None:
        """Raises `InvalidPropsError` with every problem found so far."""
        if self._found:
            raise InvalidPropsError(f"{self._owner}: " + "; ".join(self._found))


def is_known(value: object) -> bool:
    """Whether `value` is a value now, not a token that is resolved at deployment."""
    if isinstance(value, str):
        return _MARK not in value or not _unresolved(value)
    if not _may_be_token(value):
        return True
    if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value):
        return not _unresolved(tuple(value))
    return not Token.is_unresolved(value)


@cache
def _unresolved(value: str | tuple[str, ...]) -> bool:
    """Asked once for each text: an answer is a call into Node."""
    return bool(Token.is_unresolved(value if isinstance(value, str) else list(value)))


def _may_be_token(value: object) -> bool:
    """Tokens that are written as text, a list or a number carry a mark; without it nobody has to ask Node.

    Each question would be a call into another process, and most props are plain text and numbers.
    """
    if value is None:
        return False
    if isinstance(value, (int, float)):
        return value < _TOKEN_NUMBERS_BELOW
    return not isinstance(value, (list, tuple)) or any(not isinstance(each, str) or "Token[" in each for each in value)
