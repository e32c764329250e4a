"""One template as it was read: its sections, checked to have the form that everything else relies on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_SHOWN = 20
_SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources", "Outputs")


class TemplateError(ValueError):
    """A template cannot be read; the message says which one, where and why."""


@dataclass(frozen=True)
class Template:
    """A CloudFormation template. Raises `TemplateError` with every problem of its form."""

    name: str
    content: Mapping[str, Any]

    def __post_init__(self) -> None:
        problems = list(_problems(self.content))
        if problems:
            more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
            raise TemplateError("\n  ".join([f"{self.name} is not a template:", *problems[:_SHOWN], *more]))

    def section(self, name: str) -> Mapping[str, Any]:
        """`Parameters`, `Mappings`, `Conditions` or `Outputs`, without loops; empty where there is none."""
        found: Mapping[str, Any] = self.content.get(name) or {}
        return {key: each for key, each in found.items() if not key.startswith("Fn::")}

    @cached_property
    def resources(self) -> dict[str, Mapping[str, Any]]:
        """Logical id to resource, without loops, which nothing here expands."""
        found = (self.content.get("Resources") or {}).items()
        return {name: each for name, each in found if not name.startswith("Fn::")}

    @cached_property
    def transforms(self) -> tuple[str, ...]:
        """Macros that CloudFormation runs over the whole template: what they make is not seen here."""
        found = self.content.get("Transform", ())
        listed = found if isinstance(found, list) else [found] if found else []
        return tuple(str(each.get("Name")) if isinstance(each, Mapping) else str(each) for each in listed)

    @cached_property
    def loops(self) -> dict[str, Any]:
        """`Fn::ForEach` and `Fn::Transform` of any section, by section and name: compared as text only."""
        return {
            f"{section}.{name}": value
            for section in _SECTIONS
            for name, value in (self.content.get(section) or {}).items()
            if name.startswith("Fn::")
        }


def _problems(content: Any) -> Iterator[str]:
    if not isinstance(content, Mapping):
        yield f"it is a {_kind(content)}; a mapping with Resources is needed"
        return
    if "Resources" not in content:
        yield "it has no Resources"
    for section in _SECTIONS:
        entries = content.get(section)
        if entries is None:
            continue
        if not isinstance(entries, Mapping):
            yield f"{section} is a {_kind(entries)}; a mapping is needed"
        else:
            for name, entry in entries.items():
                yield from (f"{section}.{name}: {each}" for each in _entry(section, name, entry))


def _entry(section: str, name: str, entry: Any) -> Iterator[str]:
    if name.startswith("Fn::") or section == "Conditions":
        return
    if not isinstance(entry, Mapping):
        yield f"a {_kind(entry)}; a mapping is needed"
    elif section == "Resources":
        if not isinstance(entry.get("Type"), str):
            yield f"Type is {entry.get('Type')!r:.60}; a text is needed"
        if not isinstance(entry.get("Properties") or {}, Mapping):
            yield f"Properties is a {_kind(entry['Properties'])}; a mapping is needed"


def _kind(value: Any) -> str:
    return {dict: "mapping", list: "list", str: "text", type(None): "nothing"}.get(type(value), type(value).__name__)


EMPTY = Template("(nothing)", {"Resources": {}})
