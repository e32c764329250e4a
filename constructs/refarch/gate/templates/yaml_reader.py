"""YAML as CloudFormation writes it, built from parser events without recursion.

No tag ever makes an object, `2012-10-17` stays a text, `!GetAtt A.B` becomes `{"Fn::GetAtt": ["A", "B"]}`. Aliases
count with everything they stand for, so a few hundred bytes cannot become a billion values.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

from refarch.gate.templates.template import TemplateError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STANDARD = "tag:yaml.org,2002:"
_WORDS = {**dict.fromkeys(("", "~", "null", "Null", "NULL")), "true": True, "false": False}
_WORDS |= {word: word.lower() in ("yes", "on", "true") for word in ("True", "TRUE", "False", "FALSE")}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{0,18}([eE][-+][0-9]{1,3})?")
_FORCED: dict[str, Callable[[str], Any]] = {"str": str, "int": int, "float": float, "null": lambda _: None}
_FORCED |= {"bool": lambda text: text.lower() in ("true", "yes", "on")}


@dataclass
class _Open:
    """A list or mapping whose end has not come yet."""

    value: Any
    tag: str | None
    anchor: str | None
    size_before: int
    key: Any = None
    has_key: bool = False


@dataclass
class _Builder:
    max_values: int
    max_depth: int
    size: int = 0
    open: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    result: Any = None
    documents: int = 0

    def take(self, event: Any) -> None:
        """One event of the parser."""
        if isinstance(event, yaml.ScalarEvent):
            self.grow(1, event)
            self.finish(
                _scalar(event), event.tag if _is_function(event.tag) else None, event.anchor, self.size - 1, event
            )
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise _error(f"alias *{event.anchor} stands for nothing, or for itself", event)
            value, size = self.anchors[event.anchor]
            self.grow(size, event)
            self.place(value, event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self.grow(1, event)
            if len(self.open) >= self.max_depth:
                raise _error(f"nested deeper than {self.max_depth} levels", event)
            empty: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
            self.open.append(_Open(empty, event.tag, event.anchor, self.size - 1))
        elif isinstance(event, yaml.CollectionEndEvent):
            done = self.open.pop()
            self.finish(done.value, done.tag, done.anchor, done.size_before, event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise _error("more than one document", event)

    def grow(self, count: int, event: Any) -> None:
        self.size += count
        if self.size > self.max_values:
            raise _error(f"more than {self.max_values:,} values, aliases counted with all they stand for", event)

    def finish(self, value: Any, tag: str | None, anchor: str | None, size_before: int, event: Any) -> None:
        """A value is whole: turn a short form into its function, remember its anchor, put it where it belongs."""
        value = _function(tag, value, event)
        if anchor is not None:
            self.anchors[anchor] = (value, self.size - size_before)
        self.place(value, event)

    def place(self, value: Any, event: Any) -> None:
        if not self.open:
            self.result = value
            return
        holder = self.open[-1]
        if isinstance(holder.value, list):
            holder.value.append(value)
        elif not holder.has_key:
            holder.key, holder.has_key = _key(value, holder.value, event), True
        else:
            holder.value[holder.key] = value
            holder.has_key = False


def read_yaml(text: str, *, max_values: int, max_depth: int) -> Any:
    """The document's value. Raises `TemplateError` with line and column."""
    builder = _Builder(max_values, max_depth)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise TemplateError(f"no YAML: {error.problem}{_place(error.problem_mark)}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, TemplateError):
            raise
        raise TemplateError(f"no YAML: {error}") from None
    return builder.result


def _scalar(event: Any) -> Any:
    tag = event.tag
    if tag is not None and tag.startswith(_STANDARD):
        if tag[len(_STANDARD) :] not in _FORCED:
            raise _error(f"tag {tag!r} is not for templates", event)
        return _FORCED[tag[len(_STANDARD) :]](event.value)
    if not event.implicit[0]:
        return event.value
    text = event.value
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def _is_function(tag: str | None) -> bool:
    return tag is not None and not tag.startswith(_STANDARD)


def _function(tag: str | None, value: Any, event: Any) -> Any:
    if tag is None or tag in ("!", f"{_STANDARD}map", f"{_STANDARD}seq"):
        return value
    if not re.fullmatch(r"![A-Za-z0-9]{1,40}", tag):
        raise _error(f"tag {tag!r:.60} is not for templates", event)
    name = tag[1:]
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


def _key(value: Any, holder: dict[str, Any], event: Any) -> str:
    if isinstance(value, list | dict):
        raise _error("a key is a list or mapping", event)
    key = "null" if value is None else str(value)
    if key == "<<":
        raise _error("hash merges (<<) are not supported by CloudFormation", event)
    if key in holder:
        raise _error(f"key {key!r:.60} appears twice", event)
    return key


def _error(message: str, event: Any) -> TemplateError:
    return TemplateError(f"{message}{_place(event.start_mark)}")


def _place(mark: Any) -> str:
    return f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
