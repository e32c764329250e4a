"""Settings of a stack, read from CDK context: `cdk deploy MapReduce -c MapReduce.concurrent_lambdas=20`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar, get_type_hints

Settings = TypeVar("Settings")


class InvalidSettingsError(ValueError):
    """Context that a stack does not understand. The message lists every problem."""


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
