"""What a scan of a source tree brings back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

BLOCKS, REVIEW = "blocks", "review"
_GUIDE = "https://github.com/aws/aws-graviton-getting-started/blob/main"
SOURCES = {
    "c": f"{_GUIDE}/c-c++.md",
    "containers": f"{_GUIDE}/containers.md",
    "python": f"{_GUIDE}/python.md",
    "java": f"{_GUIDE}/java.md",
    "dotnet": f"{_GUIDE}/dotnet.md",
    "go": f"{_GUIDE}/golang.md",
    "node": f"{_GUIDE}/nodejs.md",
    "rust": f"{_GUIDE}/rust.md",
    "wheels": "https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/",
    "elf": "https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html",
}
CANNOT_KNOW = (
    "whether the program behaves the same: memory ordering between threads, floating point in the last digit, timing",
    "what is fetched when the program is built or started: images, packages and binaries that are not in the tree",
    "packages named without a lock file: which files of theirs an installer would choose",
    "whether a base image has an Arm variant, but for the few that are known to have none",
    "code that is chosen by a build system in ways other than the conditions that are read here",
)


@dataclass(frozen=True, kw_only=True, order=True)
class Finding:
    """One place. `severity`: `blocks` (does not build or run on Arm as it is) or `review` (a person should look).

    `line` is 0 for a whole file.
    """

    path: str
    line: int
    rule: str
    severity: str
    what: str
    remedy: str
    source: str

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was looked at (files by kind), what was found, what was left out and why, and what nobody can see here."""

    root: str
    looked_at: Mapping[str, int]
    findings: tuple[Finding, ...]
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cannot_know: tuple[str, ...] = field(default=CANNOT_KNOW)

    def count(self, severity: str) -> int:
        return Counter(each.severity for each in self.findings)[severity]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
