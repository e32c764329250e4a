"""Checks of settings: every problem at once. (The constructs' own checks need aws_cdk, which no instance has.)"""

from __future__ import annotations

import re
from collections.abc import Collection

ADDRESS = re.compile(r"^[A-Za-z0-9.-]+:[0-9]{1,5}$")
SOURCE = re.compile(r"^[0-9a-fA-F.:]+(/[0-9]{1,3})?$")


class InvalidSettingsError(ValueError):
    """Settings that cannot work. The message lists every problem: what was wrong, the value got, what is allowed."""


class Problems:
    """Collects what is wrong with the settings of one role and raises once."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._found: list[str] = []

    def check(self, holds: bool, name: str, value: object, allowed: str) -> None:
        if not holds:
            self._found.append(f"{name} is {value!r}, allowed: {allowed}")

    def between(self, name: str, value: float, low: float, high: float, unit: str = "") -> None:
        number = isinstance(value, (int, float)) and low <= value <= high
        self.check(number, name, value, f"{low:g} to {high:g}{' ' + unit if unit else ''}")

    def one_of(self, name: str, value: object, allowed: Collection[str]) -> None:
        self.check(value in allowed, name, value, "one of " + ", ".join(sorted(allowed)))

    def address(self, name: str, value: str, *, empty: bool = False) -> None:
        """`host:port`."""
        self.check(bool(ADDRESS.match(value)) or (empty and not value), name, value, "host:port")

    def sources(self, name: str, values: Collection[str]) -> None:
        """IP addresses or ranges, as nginx's `allow` takes them."""
        bad = [value for value in values if not SOURCE.match(value)]
        self.check(not bad, name, bad, "IP addresses or ranges (10.0.0.0/16)")

    def path(self, name: str, value: str) -> None:
        """Absolute, and without a character that would mean something in a configuration file."""
        self.check(bool(re.fullmatch(r"/[A-Za-z0-9._/+=@-]*", value)), name, value, "an absolute path, no spaces")

    def raise_any(self) -> None:
        if self._found:
            raise InvalidSettingsError(f"{self._owner}: " + "; ".join(self._found))
