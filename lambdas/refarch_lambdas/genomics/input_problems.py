"""Collects what is wrong with an input, field by field, and says it all at once."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Collection, Mapping
from typing import Any

from refarch_lambdas.genomics.requests import BLANK, THRESHOLDS
from refarch_lambdas.genomics.s3_uris import why_not_s3

_SAMPLE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_FOLDER = re.compile(r"(/[A-Za-z0-9._-]+)+/?")
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
"""What a word processor makes of a hyphen; the posts' command lines have them, and the shell takes them as words."""


class InvalidInput(ValueError):
    """An input that cannot work. `problems`: each names the field, the value got, and what is allowed."""

    def __init__(self, problems: Collection[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class InputProblems:
    """Checks of single fields. Each remembers its problem and returns a value that later checks can live with."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, name: str, value: object, allowed: str) -> None:
        problem = f"{name} is {value!r}, allowed: {allowed}"
        if problem not in self.found:  # a field that every step reads is wrong once
            self.found.append(problem)

    def check(self, holds: bool, name: str, value: object, allowed: str) -> bool:
        """Any rule: a problem unless `holds`."""
        if not holds:
            self.add(name, value, allowed)
        return holds

    def raise_any(self) -> None:
        """Raises `InvalidInput` with every problem found so far."""
        if self.found:
            raise InvalidInput(self.found)

    def is_object(self, name: str, value: object) -> bool:
        return self.check(isinstance(value, Mapping), name, value, "a JSON object")

    def s3(self, name: str, value: object) -> str | None:
        """An S3 URI."""
        if value is None:
            self.add(name, value, "an S3 URI such as s3://bucket/key; it is required")
            return None
        if reason := why_not_s3(value):
            self.add(name, value, f"an S3 URI such as s3://bucket/key ({reason})")
            return None
        return str(value)

    def sample_id(self, name: str, value: object) -> str:
        """A name that can be part of a path, of a job's name and of an execution's."""
        allowed = "1 to 100 letters, digits, '.', '_' and '-', beginning with a letter or digit"
        valid = isinstance(value, str) and _SAMPLE_ID.fullmatch(value) is not None
        self.check(valid, name, value, allowed)
        return value if valid and isinstance(value, str) else "sample"

    def folder(self, name: str, value: object) -> str:
        """An absolute folder of the container, other than the root."""
        valid = isinstance(value, str) and _FOLDER.fullmatch(value) is not None and ".." not in value.split("/")
        self.check(valid, name, value, "an absolute folder without spaces, such as /scratch")
        return str(value).rstrip("/") if valid else "/scratch"

    def arguments(self, name: str, value: object) -> str:
        """Further arguments of a tool, with a space in front so that they are never taken for a flag of the wrapper."""
        if not self.check(isinstance(value, str), name, value, "the arguments as one string"):
            return BLANK
        text = str(value).strip()
        self.check(not set(_DASHES) & set(text), name, value, "plain hyphens '-', not typographic dashes")
        try:
            shlex.split(text)
        except ValueError as error:
            self.add(name, value, f"arguments with balanced quotes ({error})")
        return f" {text} " if text else BLANK

    def number(self, name: str, value: object, low: float, high: float, *, whole: bool = False) -> float:
        """A number from `low` to `high`; the original wrote some of them as strings, so these count as well."""
        kind = "a whole number" if whole else "a number"
        try:
            number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
        except ValueError:
            number = None
        valid = number is not None and low <= number <= high and (not whole or number == int(number))
        self.check(valid, name, value, f"{kind} from {low:g} to {high:g}")
        return number if valid and number is not None else low

    def boolean(self, name: str, value: object) -> bool:
        self.check(isinstance(value, bool), name, value, "true or false")
        return value is True

    def thresholds(self, name: str, value: object) -> dict[str, float]:
        """Thresholds of the quality gate."""
        if not self.is_object(name, value) or not isinstance(value, Mapping):
            return {}
        self.known(name, value, THRESHOLDS)
        given = {key: THRESHOLDS[key] for key in value if key in THRESHOLDS}
        return {key: self.number(f"{name}.{key}", value[key], *limits) for key, limits in given.items()}

    def known(self, name: str, value: Mapping[str, Any], allowed: Collection[str]) -> None:
        """No key but the `allowed` ones: a mistyped one would otherwise be ignored in silence."""
        for key in value:
            if key not in allowed:
                near = difflib.get_close_matches(str(key), allowed, 1, 0.6)
                hint = f" (did you mean {near[0]!r}?)" if near else ""
                where = f"{name}.{key}" if name else str(key)
                self.add(where, value[key], f"no such field{hint}; there are {', '.join(sorted(allowed))}")
