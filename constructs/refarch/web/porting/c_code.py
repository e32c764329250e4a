"""C and C++: x86 intrinsics, inline assembly, and plain `char` that must be signed."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from refarch.web.porting.conditions import names_a_processor, unconditional
from refarch.web.porting.findings import BLOCKS, REVIEW, SOURCES, Finding

_HEADER = re.compile(r'^\s*#\s*include\s*[<"]((?:[a-z]mmintrin|x86intrin|x86gprintrin|cpuid|avx\w*intrin)\.h)[>"]')
_ASM = re.compile(r"\b(?:asm|__asm__|__asm)\b[^;]*", re.DOTALL)
_X86_WORDS = re.compile(
    r"%%?[re]?[abcd]x\b|%%?[re][sd]i\b|%%?[re][bs]p\b|%%?[xyz]mm\d|%%?r(?:8|9|1[0-5])\b|\b(?:cpuid|rdtscp?|rdrand|mfence|"
    r"lfence|sfence|xchg[bwlq]?|cmpxchg\w*|bswap[lq]?|mov[bwlq]|bs[fr][lq]?|pause|lock;?\s+\w+)\b"
)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
_DECLARED = re.compile(
    r"\b(?P<type>(?:(?:un)?signed\s+|const\s+|static\s+)*(?:char|int|short|long|size_t|ssize_t|s?int\d+_t|uint\d+_t|bool|"
    r"float|double|auto|wchar_t))\s+(?P<names>\w+(?:\s*\[[^\]]*\])?(?:\s*=\s*[^,;(){}]+)?(?:\s*,\s*\w+(?:\s*=\s*[^,;(){}]+)?)*)"
)
_NEGATIVE = re.compile(
    r"\b(?P<name>\w+)(?:\[[^\]]*\])?\s*(?:<\s*0\b(?!x)|>=\s*0\b(?!x)|[=!<>]=\s*-\s*\d|<=\s*-|[=!]=\s*EOF\b)"
)
_REMEDY = "declare it `signed char` or `int`, or compile with -fsigned-char (GCC and Clang)"


def blanked(text: str, pattern: re.Pattern[str]) -> str:
    """The text with what matches made of blanks, so that lines keep their numbers."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def c_findings(path: str, text: str, signed_char: bool) -> Iterator[Finding]:
    """`signed_char`: the tree is compiled with -fsigned-char, so `char` is as on x86."""
    code = blanked(text, _COMMENT)
    lines = code.splitlines()
    open_lines = dict(unconditional(lines, preprocessor=True))
    # A file that is x86's by its name is there to be chosen by the build.
    severity = REVIEW if names_a_processor(path) else BLOCKS
    for number, line in open_lines.items():
        if found := _HEADER.match(line):
            yield _intrinsics(path, number, found.group(1), severity)
    yield from _assembly(path, code, open_lines.keys(), severity)
    if not signed_char:
        yield from _chars(path, blanked(code, _STRING).splitlines(), open_lines.keys())


def assembly_file_findings(path: str, text: str) -> Iterator[Finding]:
    """Of a file of assembly, outside conditions for a processor: its first line that is x86's."""
    code = blanked(text, _COMMENT)
    for number, line in unconditional(code.splitlines(), preprocessor=True):
        if word := _X86_WORDS.search(line.split(";")[0]):
            yield _x86_assembly(path, number, word.group(), REVIEW if names_a_processor(path) else BLOCKS)
            return


def _intrinsics(path: str, number: int, header: str, severity: str) -> Finding:
    return Finding(
        path=path,
        line=number,
        rule="x86-intrinsics",
        severity=severity,
        what=f"includes <{header}>, which Arm compilers do not have",
        remedy="put it under `#if defined(__x86_64__)` with a portable or NEON branch; SIMDe or sse2neon translate SSE",
        source=SOURCES["c"],
    )


def _assembly(path: str, code: str, open_lines: Container[int], severity: str) -> Iterator[Finding]:
    for found in _ASM.finditer(code):
        number = code.count("\n", 0, found.start()) + 1
        if number in open_lines and (word := _X86_WORDS.search(found.group())):
            yield _x86_assembly(path, number, word.group(), severity)


def _x86_assembly(path: str, number: int, word: str, severity: str) -> Finding:
    return Finding(
        path=path,
        line=number,
        rule="x86-assembly",
        severity=severity,
        what=f"assembly of x86 ({word.strip()})",
        remedy="use a compiler builtin or <stdatomic.h>, or add an __aarch64__ branch",
        source=SOURCES["c"],
    )


def _chars(path: str, lines: list[str], open_lines: Container[int]) -> Iterator[Finding]:
    """The nearest declaration above decides what a name is."""
    types: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        for declared in _DECLARED.finditer(line):
            kind = re.sub(r"\b(?:const|static)\s+", "", declared["type"])
            for part in declared["names"].split(","):
                types[re.split(r"[\s=\[]", part.strip())[0]] = kind
                if kind == "char" and re.search(r"=\s*-\s*\d", part):
                    yield _char(path, number, part.split("=")[0].strip(), "is given a negative value")
        for used in _NEGATIVE.finditer(line):
            if number in open_lines and types.get(used["name"]) == "char":
                yield _char(path, number, used["name"], "is compared with a negative value or with 0")


def _char(path: str, number: int, name: str, what: str) -> Finding:
    return Finding(
        path=path,
        line=number,
        rule="char-signedness",
        severity=REVIEW,
        what=f"plain char `{name}` {what}: signed on x86 Linux, unsigned on Arm Linux",
        remedy=_REMEDY,
        source=SOURCES["c"],
    )
