"""Settings of a stack, read from CDK context: `cdk deploy MapReduce -c MapReduce.concurrent_lambdas=20`."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar, get_type_hints

Settings = TypeVar("Settings")
Made = TypeVar("Made")


class InvalidSettingsError(ValueError):
    """Context that a stack does not understand. The message lists every problem."""


class Attempts:
    """Makes the props of several constructs and tells what is wrong with all of them at once."""

    def __init__(self, stack_name: str) -> None:
        self._stack_name = stack_name
        self._problems: list[str] = []

    def make(self, make: Callable[[], Made], otherwise: Callable[[], Made]) -> Made:
        """What `make` gives. Where it raises `ValueError`, that is noted, and `otherwise` stands in until the end."""
        try:
            return make()
        except ValueError as error:
            self._problems.append(str(error))
            return otherwise()

    def check(self, holds: object, name: str, value: object, allowed: str) -> None:
        """A rule of the stack's own."""
        if not holds:
            self._problems.append(f"{self._stack_name}.{name} is {value!r}, allowed: {allowed}")

    def raise_any(self) -> None:
        """Raises `InvalidSettingsError` with everything that was noted."""
        if self._problems:
            raise InvalidSettingsError("; ".join(dict.fromkeys(self._problems)))


def load_settings(kind: type[Settings], stack_name: str, context: Mapping[str, Any]) -> Settings:
    """The settings dataclass `kind`, filled from the context keys `<stack_name>.<field>`.

    Values are converted to the field's type (`int`, `float`, `bool`, `str`). Raises `InvalidSettingsError` for unknown
    keys (with the nearest known one) and for values that do not convert, all at once.
    """
    prefix = f"{stack_name}."
    given = {key.removeprefix(prefix): value for key, value in context.items() if key.startswith(prefix)}
    types = get_type_hints(kind)
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # every settings class is a dataclass
    problems, values = [], {}
    for key, value in given.items():
        if key not in known:
            problems.append(_unknown(stack_name, key, known))
            continue
        try:
            values[key] = _convert(value, types[key])
        except ValueError as error:
            problems.append(f"{stack_name}.{key} is {value!r}, allowed: {error}")
    if problems:
        raise InvalidSettingsError("; ".join(problems))
    return kind(**values)


def _unknown(stack_name: str, key: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean {stack_name}.{nearest[0]}?" if nearest else f"known: {', '.join(known)}"
    return f"{stack_name}.{key} is no setting; {hint}"


def _convert(value: Any, wanted: type) -> Any:
    text = str(value).strip()
    if wanted is bool:
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise ValueError("true or false")
    if wanted is int:
        return _number(text, int, "a whole number")
    if wanted is float:
        return _number(text, float, "a number")
    return text


def _number(text: str, convert: type[int] | type[float], allowed: str) -> float:
    try:
        return convert(text)
    except ValueError:
        raise ValueError(allowed) from None
