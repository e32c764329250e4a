"""The keywords of the schemas one by one: each rule gives a message, or None when the value fits."""

from __future__ import annotations

import json
from collections.abc import Callable, Sized
from functools import cache
from typing import Any

import regex  # the patterns use Unicode classes that `re` lacks

KINDS = {
    "string": "String",
    "integer": "Integer",
    "number": "Number",
    "boolean": "Boolean",
    "array": "JSONArray",
    "object": "JSONObject",
    "null": "Null",
}
Rule = Callable[[Any, Any], str | None]


def wrong_type(value: Any, wanted: Any, *, exact: bool = False) -> str | None:
    types = wanted if isinstance(wanted, list) else [wanted]
    if any(_is(value, one, exact=exact) for one in types):
        return None
    expected = " or ".join(KINDS.get(one, str(one)) for one in types)
    return f"expected type: {expected}, found: {_found(value)}"


def _is(value: Any, wanted: str, *, exact: bool) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    literal = {
        "string": isinstance(value, str),
        "integer": number and float(value).is_integer(),
        "number": number,
        "boolean": isinstance(value, bool),
        "array": isinstance(value, list),
        "object": isinstance(value, dict),
        "null": value is None,
    }
    return literal.get(wanted, True) or (not exact and _reads_as(value, wanted))


def _reads_as(value: Any, wanted: str) -> bool:
    """Whether CloudFormation converts the scalar by itself."""
    if wanted == "string":
        return isinstance(value, bool | int | float)
    if not isinstance(value, str):
        return False
    if wanted == "boolean":
        return value.lower() in ("true", "false")
    if wanted == "integer":
        return regex.fullmatch(r"[+-]?\d+", value) is not None
    return wanted == "number" and _number(value) is not None


def _found(value: Any) -> str:
    names = {bool: "Boolean", int: "Integer", float: "Double", str: "String", list: "JSONArray", dict: "JSONObject"}
    return names.get(type(value), "Null")


def text(value: Any) -> str:
    """A scalar as CloudFormation writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _enum(value: Any, allowed: Any) -> str | None:
    return None if text(value) in {text(one) for one in allowed} else f"{text(value)} is not a valid enum value"


def _enum_in_any_case(value: Any, allowed: Any) -> str | None:
    fits = text(value).lower() in {text(one).lower() for one in allowed}
    return None if fits else f"{text(value)} is not a valid enum value"


def _constant(value: Any, wanted: Any) -> str | None:
    return None if text(value) == text(wanted) else f"expected the constant {text(wanted)}"


def _pattern(value: Any, pattern: str) -> str | None:
    if not isinstance(value, str) or matches(pattern, value):
        return None
    return f"string [{value}] does not match pattern {pattern}"


def matches(pattern: str, value: str) -> bool:
    """Whether the pattern is found in the text. One that is written for another language than ours decides nothing."""
    compiled = _compiled(pattern)
    try:
        return compiled is None or compiled.search(value, timeout=1.0) is not None
    except TimeoutError:
        return True


@cache
def _compiled(pattern: str) -> regex.Pattern[str] | None:
    try:
        return regex.compile(pattern)
    except regex.error:
        return None


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _bound(fits: Callable[[float, float], bool], words: str) -> Rule:
    def rule(value: Any, bound: Any) -> str | None:
        number = _number(value) if isinstance(value, int | float | str) else None
        return None if number is None or fits(number, bound) else f"{value} is not {words} {bound}"

    return rule


def _size(kind: type[Sized], fits: Callable[[int, int], bool], words: str) -> Rule:
    def rule(value: Any, bound: Any) -> str | None:
        if not isinstance(value, kind) or fits(len(value), bound):
            return None
        return words.format(bound=bound, found=len(value))

    return rule


def _unique(value: Any, wanted: Any) -> str | None:
    if not wanted or not isinstance(value, list):
        return None
    seen = [json.dumps(item, sort_keys=True, default=str) for item in value]
    return None if len(seen) == len(set(seen)) else "array items are not unique"


def _required(value: Any, wanted: Any) -> str | None:
    missing = [name for name in wanted if name not in value] if isinstance(value, dict) else []
    return None if not missing else ", ".join(f"required key [{name}] not found" for name in missing)


def _exactly_one(value: Any, wanted: Any) -> str | None:
    found = [name for name in wanted if name in value] if isinstance(value, dict) else ["?"]
    return None if len(found) == 1 else f"{len(found)} of the keys {wanted} found instead of one"


def _one_or_more(value: Any, wanted: Any) -> str | None:
    fits = not isinstance(value, dict) or any(name in value for name in wanted)
    return None if fits else f"one of the keys {wanted} is required"


def _depends(value: Any, rules: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    wanted = [other for name, others in rules.items() if name in value and isinstance(others, list) for other in others]
    missing = [name for name in dict.fromkeys(wanted) if name not in value]
    return None if not missing else f"property [{missing[0]}] is required"


def _excludes(value: Any, rules: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    both = [(one, other) for one, others in rules.items() if one in value for other in others if other in value]
    return None if not both else f"key [{both[0][1]}] is not permitted together with [{both[0][0]}]"


def _multiple(value: Any, step: Any) -> str | None:
    number = _number(value)
    return None if number is None or (number / step).is_integer() else f"{value} is not a multiple of {step}"


RULES: dict[str, Rule] = {
    "enum": _enum,
    "enumCaseInsensitive": _enum_in_any_case,
    "const": _constant,
    "pattern": _pattern,
    "minimum": _bound(lambda value, bound: value >= bound, "greater or equal to"),
    "maximum": _bound(lambda value, bound: value <= bound, "less or equal to"),
    "exclusiveMinimum": _bound(lambda value, bound: value > bound, "greater than"),
    "exclusiveMaximum": _bound(lambda value, bound: value < bound, "less than"),
    "multipleOf": _multiple,
    "minLength": _size(str, lambda size, bound: size >= bound, "expected minLength: {bound}, actual: {found}"),
    "maxLength": _size(str, lambda size, bound: size <= bound, "expected maxLength: {bound}, actual: {found}"),
    "minItems": _size(list, lambda size, bound: size >= bound, "expected minimum item count: {bound}, found: {found}"),
    "maxItems": _size(list, lambda size, bound: size <= bound, "expected maximum item count: {bound}, found: {found}"),
    "minProperties": _size(dict, lambda size, bound: size >= bound, "minimum size: [{bound}], found: [{found}]"),
    "maxProperties": _size(dict, lambda size, bound: size <= bound, "maximum size: [{bound}], found: [{found}]"),
    "uniqueItems": _unique,
    "required": _required,
    "requiredXor": _exactly_one,
    "requiredOr": _one_or_more,
    "dependencies": _depends,
    "dependentRequired": _depends,
    "dependentExcluded": _excludes,
}
