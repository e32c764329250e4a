"""Go: assembly for x86 that has no other implementation beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from refarch.web.porting.findings import BLOCKS, SOURCES, Finding

_OTHERS = re.compile(r"^//\s*(?:go:build|\+build)\b.*(?:!amd64|arm64|purego|noasm|appengine)", re.MULTILINE)


def go_findings(files: dict[str, str]) -> Iterator[Finding]:
    """`files`: paths of Go and Go assembly files with their text. Judged package (folder) by package."""
    folders: dict[str, list[str]] = {}
    for path in files:
        folders.setdefault(str(PurePosixPath(path).parent), []).append(path)
    for paths in folders.values():
        mine = [path for path in paths if path.endswith(("_amd64.s", "_amd64.go"))]
        others = any("_arm64." in path or _OTHERS.search(files[path]) for path in paths if path not in mine)
        if mine and not others:
            yield Finding(
                path=mine[0],
                line=0,
                rule="go-amd64-only",
                severity=BLOCKS,
                what="the package has files for amd64, and none for arm64 or for every other processor",
                remedy="add a file with `//go:build !amd64` in plain Go",
                source=SOURCES["go"],
            )
