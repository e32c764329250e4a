"""Parts that a stack's report has where they are installed: the picture and the cost card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from refarch.gate.whole.inputs import Stack
from refarch.gate.whole.options import Options
from refarch.gate.whole.parts import Part
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


EXTRAS: Mapping[str, Extra] = {
    "picture": Extra("refarch.gate.picture.draw", lambda options: (), picture),
}
__all__ = ["EXTRAS", "Extra", "file_fingerprint"]
