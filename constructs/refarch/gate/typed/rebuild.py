"""One resource through troposphere's classes and back."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.policy.values import intrinsic

_NO_VALUE = {"Ref": "AWS::NoValue"}
# troposphere takes a property of such a name (Batch has an UpdatePolicy) for the attribute of the resource.
_ATTRIBUTES = frozenset(
    {"Condition", "CreationPolicy", "DeletionPolicy", "DependsOn", "Metadata", "UpdatePolicy", "UpdateReplacePolicy"}
)


class Refused(ValueError):
    """troposphere does not take the values; the message is its own."""


def rebuilt(kind: Any, name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties as troposphere writes them. Raises `Refused` with its words.

    Properties that are called as attributes of a resource are passed through unread.
    """
    unread = {key: each for key, each in properties.items() if key in _ATTRIBUTES}
    read = {key: each for key, each in properties.items() if key not in _ATTRIBUTES}
    try:
        # It prints what it also raises.
        with contextlib.redirect_stderr(io.StringIO()):
            resource = kind(name, validation=True, **_arguments(kind, read))
            written = resource.to_dict().get("Properties", {})
    except (TypeError, ValueError, AttributeError, KeyError, RecursionError, IndexError) as error:
        raise Refused(str(error)) from error
    return {**written, **unread}


def _arguments(kind: Any, properties: Mapping[str, Any]) -> dict[str, Any]:
    """What it does not know is left out: that is a finding of another kind."""
    known = kind.props
    return {key: _typed(known[key][0], each) for key, each in properties.items() if key in known and each != _NO_VALUE}


def _typed(kind: Any, value: Any) -> Any:
    from troposphere import GenericHelperFn, Tags

    if intrinsic(value) or kind is Tags:
        return GenericHelperFn(value)
    if isinstance(kind, list) and isinstance(value, list):
        return [_typed(kind[0] if len(kind) == 1 else object, each) for each in value]
    if isinstance(kind, type) and isinstance(getattr(kind, "props", None), dict) and isinstance(value, Mapping):
        return kind(**_arguments(kind, value))
    if kind is str and isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def differences(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Path and message of what did not come back, or came back as something else."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted(before.keys() | after.keys(), key=str):
            where = f"{path}.{key}".lstrip(".")
            if key not in after and before[key] != _NO_VALUE:
                yield where, "did not come back"
            elif key not in before:
                yield where, f"came back as {after[key]!r:.80}, and was not there"
            elif key in after:
                yield from differences(before[key], after[key], where)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for first, second in zip(before, after, strict=True):
            yield from differences(first, second, path)
    elif _text(before) != _text(after):
        yield path, f"was {before!r:.80} and came back as {after!r:.80}"


def _text(value: Any) -> Any:
    """CloudFormation does not tell `true` from "true", nor 1 from "1"."""
    return str(value).lower() if isinstance(value, str | bool | int | float) else value
