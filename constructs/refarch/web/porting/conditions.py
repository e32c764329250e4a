"""Conditions around a line: code that is only built for one processor is portable code."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PROCESSOR = re.compile(
    r"x86|amd64|i[3-6]86|_m_ix|sse[0-9]|_sse|sse_|avx|mmintrin|x86intrin|cpuid|immintrin|neon|aarch64|arm64|__arm|"
    r"\bx64\b|\barm\b|target_?arch|system_processor|platform\.machine|cpu_family|uname -m",
    re.IGNORECASE,
)
_OPEN = re.compile(r"^\s*(?:#\s*if|if(?:n?eq|n?def)\b|if\s*\(|if\b)", re.IGNORECASE)
_CLOSE = re.compile(r"^\s*(?:#\s*endif|endif|fi\b)", re.IGNORECASE)
_OTHER = re.compile(r"^\s*(?:#\s*el|else|elif)", re.IGNORECASE)


def names_a_processor(text: str) -> bool:
    return bool(_PROCESSOR.search(text))


def unconditional(lines: list[str], preprocessor: bool = False) -> Iterator[tuple[int, str]]:
    """Number (from 1) and text of the lines outside every condition that names a processor.

    Both branches of such a condition are inside: whoever wrote `#else` thought of the other processor. `preprocessor`:
    conditions are C's (`#if`); else those of Make, CMake, Meson and shells.
    """
    stack: list[bool] = []
    for number, line in enumerate(lines, 1):
        directive = not preprocessor or line.lstrip().startswith("#")
        if directive and _CLOSE.match(line):
            stack = stack[:-1]
        elif directive and _OPEN.match(line):
            stack.append(names_a_processor(line))
        elif directive and _OTHER.match(line):
            if stack and names_a_processor(line):
                stack[-1] = True
        elif not any(stack):
            yield number, line


def under_a_condition(lines: list[str], number: int) -> bool:
    """Whether a line with less indentation above line `number` names a processor: Python, JSON, YAML."""
    indent = _indent(lines[number - 1])
    for line in reversed(lines[: number - 1]):
        if line.strip() and _indent(line) < indent:
            if names_a_processor(line):
                return True
            indent = _indent(line)
    return False


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
