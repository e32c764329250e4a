"""Lock files and lists of packages: what an installer on Arm would not find."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from refarch.web.porting.findings import BLOCKS, REVIEW, SOURCES, Finding

_FILE = re.compile(r"[\w.!+~%-]+-[\w.!+~%]+-[\w.]+-[\w]+-(?P<tag>[\w.]+)\.whl")
_SOURCE = re.compile(r"\.(?:tar\.gz|zip|tar\.bz2)\b")
_X86_TAG = re.compile(r"(?:linux|manylinux|musllinux)\w*_(?:x86_64|i686)|win_amd64|win32|macosx\w*x86_64")
_ARM_TAG = re.compile(r"(?:linux|manylinux|musllinux)\w*_aarch64|\bany\b")
_LINUX_X86 = re.compile(r"linux\w*_(?:x86_64|i686)")
_BLOCK = re.compile(r"^\[\[packages?\]\]", re.MULTILINE)
_NAME = re.compile(r'^name\s*=\s*"([^"]+)"', re.MULTILINE)


def requirement_findings(path: str, text: str) -> Iterator[Finding]:
    """Wheels that a list of requirements names by file or address."""
    for number, line in enumerate(text.splitlines(), 1):
        found = _FILE.search(line.split("#")[0])
        if found and "platform_machine" not in line and not _ARM_TAG.search(found["tag"]):
            yield wheel_finding(path, number, found.group())


def wheel_finding(path: str, number: int, name: str) -> Finding:
    return Finding(
        path=path,
        line=number,
        rule="x86-wheel",
        severity=BLOCKS,
        what=f"{name}: a wheel for x86 by its tag",
        remedy="name the package and its version instead, or add a wheel for aarch64 with a platform_machine marker",
        source=SOURCES["wheels"],
    )


def is_x86_wheel(name: str) -> bool:
    """Whether a wheel's file name says that it is for x86 only."""
    found = _FILE.fullmatch(name)
    return bool(found and _X86_TAG.search(found["tag"]) and not _ARM_TAG.search(found["tag"]))


def lock_findings(path: str, text: str) -> Iterator[Finding]:
    """Of poetry.lock, uv.lock, pdm.lock and pylock.toml: packages whose wheels for Linux are x86's alone."""
    starts = [found.start() for found in _BLOCK.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        block = text[start:end]
        tags = [found["tag"] for found in _FILE.finditer(block)]
        if not any(_LINUX_X86.search(tag) for tag in tags) or any(_ARM_TAG.search(tag) for tag in tags):
            continue
        name = _NAME.search(block)
        has_source = bool(_SOURCE.search(block))
        yield Finding(
            path=path,
            line=text.count("\n", 0, start) + 1,
            rule="x86-wheel",
            severity=REVIEW if has_source else BLOCKS,
            what=f"{name.group(1) if name else 'a package'}: its wheels for Linux are x86's alone"
            + (", so it is built from source" if has_source else ", and there is no source"),
            remedy="take a release with a wheel for aarch64, or have a compiler where it is installed",
            source=SOURCES["python"],
        )


def package_lock_findings(path: str, text: str) -> Iterator[Finding]:
    """Of package-lock.json: packages that must be there and that are for x86 only."""
    for name, package in _packages(text):
        cpus = package.get("cpu") or []
        fits = any(cpu == "arm64" or cpu.startswith("!") for cpu in cpus) and "!arm64" not in cpus
        if cpus and not fits and not package.get("optional"):
            yield Finding(
                path=path,
                line=_line(text, name),
                rule="x86-node-module",
                severity=BLOCKS,
                what=f"{name.rpartition('node_modules/')[2]} is for {', '.join(cpus)} only",
                remedy="make it an optional dependency beside its arm64 sibling, or take a release that has one",
                source=SOURCES["node"],
            )


def install_scripts(text: str) -> list[str]:
    """Packages that run a script when they are installed: it may build or fetch a binary."""
    names = {
        name.rpartition("node_modules/")[2] for name, package in _packages(text) if package.get("hasInstallScript")
    }
    return sorted(names - {""})


def _packages(text: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        found = json.loads(text).get("packages", {})
    except (ValueError, AttributeError):
        return []
    return [(name, each) for name, each in found.items() if isinstance(each, dict)] if isinstance(found, dict) else []


def _line(text: str, name: str) -> int:
    at = text.find(json.dumps(name))
    return text.count("\n", 0, at) + 1 if at >= 0 else 0
