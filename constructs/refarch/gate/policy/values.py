"""Reading a template whose values may be decided only when it is deployed.

Three answers, never mixed up: a value that the template states, `None` for what it leaves out, and `UNKNOWN` for what
an intrinsic function decides. A rule judges only what is stated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final


class Unknown:
    """The type of `UNKNOWN`; false in no comparison that a rule makes: it equals nothing."""

    def __repr__(self) -> str:
        return "<decided at deployment>"


UNKNOWN: Final = Unknown()
_NO_VALUE = {"Ref": "AWS::NoValue"}
_VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")


def intrinsic(value: Any) -> tuple[str, Any] | None:
    """Name and argument, where `value` is an intrinsic function."""
    if isinstance(value, Mapping) and len(value) == 1:
        name, argument = next(iter(value.items()))
        if isinstance(name, str) and (name == "Ref" or name.startswith("Fn::")):
            return name, argument
    return None


def plain(value: Any) -> Any:
    """The value itself, `None` for AWS::NoValue, `UNKNOWN` for any other intrinsic function."""
    if value == _NO_VALUE:
        return None
    return UNKNOWN if intrinsic(value) else value


def at(value: Any, path: str) -> Any:
    """What is at a dotted path (`A.B.C`): the value, `None` where a step is left out, or `UNKNOWN`."""
    for step in path.split(".") if path else ():
        value = plain(value)
        if not isinstance(value, Mapping):
            return UNKNOWN if value is UNKNOWN else None
        value = value.get(step)
    return plain(value)


def entries(value: Any) -> Iterator[Any]:
    """The elements of a list, or the value alone; both sides of an Fn::If; nothing for what is unknown."""
    pending = [value]
    while pending:
        each = pending.pop(0)
        match intrinsic(each):
            case "Fn::If", [_, yes, no]:
                pending[:0] = [yes, no]
            case None if isinstance(each, list):
                pending[:0] = each
            case None if each is not None:
                yield each


def raw_entries(value: Any) -> Iterator[Any]:
    """Like `entries`, but with the intrinsic functions (other than Fn::If and AWS::NoValue) as elements."""
    pending = [value]
    while pending:
        each = pending.pop(0)
        match intrinsic(each):
            case "Fn::If", [_, yes, no]:
                pending[:0] = [yes, no]
            case _ if isinstance(each, list):
                pending[:0] = each
            case _ if each is not None and each != _NO_VALUE:
                yield each


def is_on(value: Any) -> bool:
    """Whether a switch is stated to be on (`true`, or the word)."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def is_off(value: Any) -> bool:
    """Whether a switch is stated to be off, or left out where that means off."""
    return value in (None, False) or (isinstance(value, str) and value.lower() == "false")


def is_unknown(value: Any) -> bool:
    return value is UNKNOWN


def number(value: Any) -> float | None:
    """The number that is stated, also as text; `None` otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def text(value: Any) -> str:
    """A value as one text: what a function decides is in `<…>`, as `<Table.Arn>/index/*`."""
    match intrinsic(value):
        case "Ref", name:
            return f"<{text(name)}>"
        case "Fn::GetAtt", [*parts]:
            return f"<{'.'.join(map(text, parts))}>"
        case "Fn::GetAtt" | "Fn::ImportValue", name:
            return f"<{text(name)}>"
        case "Fn::Join", [str() as delimiter, [*parts]]:
            return delimiter.join(map(text, parts))
        case "Fn::Sub", [str() as pattern, *_]:
            return _VARIABLE.sub(r"<\1>", pattern)
        case "Fn::Sub", str() as pattern:
            return _VARIABLE.sub(r"<\1>", pattern)
        case name, _:
            return f"<{name}>"
    return value if isinstance(value, str) else f"{value}"


def references(value: Any) -> Iterator[str]:
    """Logical names that a value refers to by Ref, Fn::GetAtt or Fn::Sub; with those of parameters."""
    for name, argument in functions(value):
        match name, argument:
            case "Ref", str():
                yield argument
            case "Fn::GetAtt", [str() as target, *_]:
                yield target
            case "Fn::GetAtt", str():
                yield argument.partition(".")[0]
            case "Fn::Sub", str() | [str(), *_]:
                yield from substituted(argument)


def substituted(argument: Any) -> Iterator[str]:
    """Names of the template in the pattern of an Fn::Sub (not those of its own map)."""
    pattern, own = (argument, {}) if isinstance(argument, str) else (argument[0], argument[1] if argument[1:] else {})
    for found in _VARIABLE.findall(pattern):
        name = found.strip().partition(".")[0]
        if not isinstance(own, Mapping) or found.strip() not in own:
            yield name


def functions(value: Any) -> Iterator[tuple[str, Any]]:
    """Every intrinsic function in a value, the outer ones first."""
    for each in walk(value):
        if found := intrinsic(each):
            yield found


def walk(value: Any) -> Iterator[Any]:
    """A value and everything inside it, without recursion: templates of strangers may be deep."""
    pending = [value]
    while pending:
        each = pending.pop()
        yield each
        if isinstance(each, Mapping):
            pending.extend(reversed(list(each.values())))
        elif isinstance(each, list):
            pending.extend(reversed(each))
