"""Walks a source tree, and asks each file's kind what it knows."""

from __future__ import annotations

import os
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from refarch.web.porting.binaries import archive_findings, archive_processors, binary_findings, head_of, processor
from refarch.web.porting.builds import dotnet_findings, flag_findings
from refarch.web.porting.c_code import assembly_file_findings, c_findings
from refarch.web.porting.findings import Finding, Report
from refarch.web.porting.golang import go_findings
from refarch.web.porting.images import compose_findings, image_findings
from refarch.web.porting.packages import (
    install_scripts,
    is_x86_wheel,
    lock_findings,
    package_lock_findings,
    requirement_findings,
    wheel_finding,
)

SKIPPED = (".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".mypy_cache", "cdk.out")
LONGEST_TEXT = 4 * 1024 * 1024
_C = re.compile(r"\.(?:c|h|cc|cpp|cxx|hpp|hh|hxx|inl|m|mm)$")
_BUILD = re.compile(
    r"(?:^|/)(?:GNU)?[Mm]akefile[^/]*$|\.mk$|CMakeLists\.txt$|\.cmake$|configure\.(?:ac|in)$|meson\.build$|SConstruct$|"
    r"setup\.(?:py|cfg)$|pyproject\.toml$|binding\.gyp$|\.gypi$|\.cargo/config(?:\.toml)?$|\.bazelrc$|\.pro$"
)
_IMAGE = re.compile(r"(?:^|/)(?:Docker|Container)file[^/]*$|\.dockerfile$", re.IGNORECASE)
_ARCHIVE = (".whl", ".jar", ".war", ".aar", ".nupkg")

Rule = Callable[[str, str], Iterator[Finding]]
_TEXTS: tuple[tuple[str, re.Pattern[str], Rule], ...] = (
    ("build files", _BUILD, flag_findings),
    ("container files", _IMAGE, image_findings),
    ("Compose files", re.compile(r"(?:^|/)(?:docker-)?compose[^/]*\.ya?ml$"), compose_findings),
    ("lists of requirements", re.compile(r"(?:^|/)[^/]*requirements[^/]*\.(?:txt|in)$|Pipfile$"), requirement_findings),
    ("Python lock files", re.compile(r"(?:^|/)(?:poetry|uv|pdm)\.lock$|(?:^|/)pylock[^/]*\.toml$"), lock_findings),
    ("npm lock files", re.compile(r"(?:^|/)(?:package-lock|npm-shrinkwrap)\.json$"), package_lock_findings),
    ("assembly files", re.compile(r"\.(?:S|asm)$"), assembly_file_findings),
    (".NET projects", re.compile(r"\.(?:cs|vb|fs)proj$|Directory\.Build\.props$"), dotnet_findings),
)


def scan(root: Path) -> Report:
    """What in `root` (a folder, or one file) is known to give trouble on Arm. Reads; neither runs nor fetches.

    Raises `FileNotFoundError` where there is nothing.
    """
    if not root.exists():
        raise FileNotFoundError(f"{root}: no such file or folder")
    return _Scan(root).report()


class _Scan:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._looked: Counter[str] = Counter()
        self._left_out: list[str] = []
        self._notes: list[str] = []
        self._go: dict[str, str] = {}
        self._c: dict[str, str] = {}
        self._binaries: dict[str, str] = {}
        self._signed_char = False

    def report(self) -> Report:
        findings = [found for path in self._files() for found in self._file(path)]
        findings += [each for name, text in self._c.items() for each in c_findings(name, text, self._signed_char)]
        findings += [*go_findings(self._go), *binary_findings(self._binaries)]
        if self._signed_char and self._c:
            self._notes.append("a build file sets -fsigned-char: comparisons of plain char were taken as safe")
        return Report(
            root=str(self._root),
            looked_at=dict(sorted(self._looked.items())),
            findings=tuple(sorted(findings)),
            left_out=tuple(self._left_out),
            notes=tuple(self._notes),
        )

    def _files(self) -> Iterator[Path]:
        if self._root.is_file():
            yield self._root
            return
        for folder, folders, names in os.walk(self._root):
            for each in sorted(set(folders) & set(SKIPPED)):
                self._left_out.append(f"{self._name(Path(folder) / each)}/: not the project's own source")
            folders[:] = sorted(set(folders) - set(SKIPPED))
            yield from (Path(folder) / name for name in sorted(names) if not (Path(folder) / name).is_symlink())

    def _name(self, path: Path) -> str:
        return path.name if path == self._root else path.relative_to(self._root).as_posix()

    def _file(self, path: Path) -> Iterator[Finding]:
        name = self._name(path)
        try:
            if path.suffix in _ARCHIVE:
                yield from self._archive(path, name)
            elif whose := processor(head_of(path) if path.is_file() else b""):
                self._looked["binaries"] += 1
                self._binaries[name] = whose
            else:
                yield from self._text(path, name)
        except (OSError, zipfile.BadZipFile) as error:
            self._left_out.append(f"{name}: {error}")

    def _archive(self, path: Path, name: str) -> Iterator[Finding]:
        self._looked["archives of binaries"] += 1
        if is_x86_wheel(path.name):
            yield wheel_finding(name, 0, path.name)
        else:
            yield from archive_findings(name, archive_processors(path))

    def _text(self, path: Path, name: str) -> Iterator[Finding]:
        rules = [(kind, rule) for kind, pattern, rule in _TEXTS if pattern.search(name)]
        is_go, is_c = name.endswith((".go", ".s")), bool(_C.search(name))
        if not rules and not is_go and not is_c:
            return
        if path.stat().st_size > LONGEST_TEXT:
            self._left_out.append(f"{name}: longer than {LONGEST_TEXT // 1024 // 1024} MiB")
            return
        text = path.read_text(encoding="utf-8", errors="replace")
        if is_go or is_c:
            self._looked["Go files" if is_go else "C and C++ files"] += 1
            (self._go if is_go else self._c)[name] = text
        for kind, rule in rules:
            self._looked[kind] += 1
            self._signed_char |= kind == "build files" and "-fsigned-char" in text
            yield from rule(name, text)
        if scripts := install_scripts(text) if name.endswith(".json") else []:
            self._notes.append(
                f"{name}: run a script when installed, so may build or fetch binaries: {', '.join(scripts)}"
            )
