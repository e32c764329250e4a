"""Parts that a stack's report has where they are installed: the picture and the cost card."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from refarch.gate.whole.inputs import Stack
from refarch.gate.whole.options import Options
from refarch.gate.whole.parts import Part, there
from refarch.gate.whole.toolkit import file_fingerprint


@dataclass(frozen=True)
class Extra:
    """Where it is, what decides it besides the template, and how it is made."""

    module: str
    key: Callable[[Options], Any]
    make: Callable[[Stack, Options], Part]


def picture(stack: Stack, options: Options) -> Part:
    """The diagram, or why there is none: a picture is no reason to stop."""
    try:
        from refarch.gate.picture import draw

        drawn = draw(stack.template)
    except (ImportError, ValueError, KeyError, TypeError, RecursionError, OSError) as error:
        return {"missing": f"no picture: {type(error).__name__}: {error}"}
    return {"svg": drawn.svg, "mermaid": drawn.mermaid}


def cost(stack: Stack, options: Options) -> Part:
    """The cost card. A usage file is for the whole app: of its resources only this template's count here."""
    try:
        from refarch.gate.cost import Usage, card, read_usage

        given = read_usage(options.usage.read_text(encoding="utf-8")) if options.usage else Usage()
        mine = {name: each for name, each in given.resources.items() if name in stack.template.resources}
        made = card(stack.template, replace(given, resources=mine), region=options.region)
    except (ImportError, KeyError, TypeError, RecursionError) as error:
        return {"missing": f"no cost card: {type(error).__name__}: {error}"}
    return {**made.json()}


EXTRAS: Mapping[str, Extra] = {
    "picture": Extra("refarch.gate.picture.draw", lambda options: (), picture),
    "cost": Extra("refarch.gate.cost.card", lambda options: (options.region, file_fingerprint(options.usage)), cost),
}


def unknown_usage(options: Options, logical_ids: Iterable[str]) -> tuple[str, ...]:
    """Resources of the usage file that no template has. Raises `ValueError` for a file that is none."""
    if options.usage is None or not there("refarch.gate.cost.card"):
        return ()
    from refarch.gate.cost import read_usage

    given = read_usage(options.usage.read_text(encoding="utf-8"))
    return tuple(sorted(given.resources.keys() - set(logical_ids)))
