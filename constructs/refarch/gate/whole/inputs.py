"""The templates of a run, as texts: reading one is work that a second run need not do."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from refarch.gate.templates import Template, TemplateError, parse
from refarch.gate.templates.parse import MAX_BYTES
from refarch.gate.templates.sources import texts, texts_of_revision
from refarch.gate.whole.store import digest

STDIN = Path("-")
_ENDING = re.compile(r"(\.template)?\.(json|ya?ml|template)$")


@dataclass(frozen=True)
class Stack:
    """One template: its name in the report, its text, and where it was, for what the CDK wrote beside it."""

    name: str
    text: bytes
    path: Path | None = None

    @cached_property
    def digest(self) -> str:
        return digest(self.text)

    @cached_property
    def template(self) -> Template:
        """Read when it is first needed. Raises `TemplateError`."""
        return parse(self.text, self.name)

    @property
    def title(self) -> str:
        """The name that it is deployed by, as the CDK names its files."""
        return _ENDING.sub("", self.name.rpartition("/")[2])


def new_stacks(paths: Sequence[Path]) -> tuple[Stack, ...]:
    """Templates, folders, and `-` for standard input. Raises `TemplateError` for what is none."""
    found = [Stack(name, text, path) for name, text, path in _all(paths, texts)]
    return _named_apart(found)


def old_stacks(against: str, paths: Sequence[Path]) -> tuple[Stack, ...]:
    """What is compared with: a template or folder, else a git revision that is asked for the same paths.

    Raises `TemplateError` where it is none of these.
    """
    if Path(against).exists():
        return _named_apart([Stack(name, text, path) for name, text, path in _all([Path(against)], texts)])
    if STDIN in paths:
        raise TemplateError(f"{against}: no such file or folder, and standard input has no git revision")
    try:
        return _named_apart(
            [Stack(name, text) for name, text, _ in _all(paths, lambda path: texts_of_revision(against, path))]
        )
    except TemplateError as error:
        raise TemplateError(f"{against} is neither a file, nor a folder, nor a git revision ({error})") from None


def paired(new: Iterable[Stack], old: Iterable[Stack]) -> tuple[dict[str, Stack], tuple[Stack, ...]]:
    """Name of a new stack to what it was, and the old ones that nothing is left of.

    By name; one of each are one stack whatever their names; else by the name without ending, case, and punctuation, so
    that `contracts/orders.template.json` is what `Orders.template.json` was.
    """
    fresh, before = list(new), list(old)
    if len(fresh) == len(before) == 1:
        return {fresh[0].name: before[0]}, ()
    by_name = {each.name: each for each in before}
    found = {each.name: by_name[each.name] for each in fresh if each.name in by_name}
    left = [each for each in before if each.name not in found]
    plain = _unique(left)
    for each in fresh:
        if each.name not in found and (match := plain.get(_plain(each.title))):
            found[each.name] = match
            left.remove(match)
            plain.pop(_plain(each.title))
    return found, tuple(left)


def _unique(stacks: Iterable[Stack]) -> dict[str, Stack]:
    found: dict[str, list[Stack]] = {}
    for each in stacks:
        found.setdefault(_plain(each.title), []).append(each)
    return {name: each[0] for name, each in found.items() if len(each) == 1}


def _plain(title: str) -> str:
    return re.sub(r"[^a-z0-9]", "", title.lower())


def _all(paths: Sequence[Path], read: object) -> Iterable[tuple[str, bytes, Path | None]]:
    for path in paths:
        if path == STDIN:
            yield "stdin", sys.stdin.buffer.read(MAX_BYTES + 1), None
            continue
        found: Mapping[str, bytes] = read(path)  # type: ignore[operator]
        start = f"{path.name}/" if len(paths) > 1 and path.is_dir() else ""
        for name, text in found.items():
            yield f"{start}{name}", text, path / name if path.is_dir() else path


def _named_apart(stacks: Sequence[Stack]) -> tuple[Stack, ...]:
    """Two files of one name in one run take their whole paths."""
    names = [each.name for each in stacks]
    found = [
        Stack(each.path.as_posix(), each.text, each.path) if each.path and names.count(each.name) > 1 else each
        for each in stacks
    ]
    doubled = sorted({each.name for each in found if [other.name for other in found].count(each.name) > 1})
    if doubled:
        raise TemplateError(f"given twice: {', '.join(doubled)}")
    return tuple(sorted(found, key=lambda each: each.name))
