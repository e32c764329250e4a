"""Which stacks a command of the CDK asks for, from what it passes to the app. Pure: no aws_cdk.

The CLI passes names in the context only with `-e` (`--exclusively`): `aws:cdk:bundling-stacks`. Plain `cdk deploy X`
passes `**`; `list`, `destroy`, `rollback`, `drift` and `metadata` pass an empty list, which must mean all, or they
would find no stack. `-c only=X` is a key of our own that works for every verb.
"""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

ONLY = "only"
BUNDLING_STACKS = "aws:cdk:bundling-stacks"


class UnknownStackError(LookupError):
    """`-c only=X` names no stack of the app."""


def asked_for(context: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """The patterns of the command line; an empty list where it names none, which means all.

    Raises `UnknownStackError` where a pattern of `-c only=` matches none of `names`.
    """
    only = str(context.get(ONLY) or "").replace(",", " ").split()
    for pattern in only:
        if not _matching([pattern], names):
            raise UnknownStackError(_no_such_stack(pattern, names))
    return only or list(context.get(BUNDLING_STACKS) or [])


def selected(patterns: Sequence[str], names: Sequence[str], together: Iterable[Sequence[str]] = ()) -> list[str]:
    """Those of `names` that a pattern matches, in their order; all where none does, so that the CLI can say it.

    `together`: groups of stacks that reference one another. Of a group, all or none are selected, because a stack that
    is built without those that use it loses its exports.
    """
    found = set(_matching(patterns, names))
    groups = [set(group) for group in together]
    while missing := set().union(*(group - found for group in groups if group & found)):
        found |= missing
    return [name for name in names if name in found] or list(names)


def _matching(patterns: Sequence[str], names: Sequence[str]) -> list[str]:
    return [name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]


def _no_such_stack(pattern: str, names: Sequence[str]) -> str:
    nearest = difflib.get_close_matches(pattern, names, n=1)
    hint = f"did you mean {nearest[0]!r}?" if nearest else f"there are: {', '.join(names)}"
    return f"-c {ONLY}={pattern}: no such stack; {hint}"
