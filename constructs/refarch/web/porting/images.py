"""Container files: bases and downloads that are x86's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from refarch.web.porting.findings import BLOCKS, SOURCES, Finding

_FROM = re.compile(r"^\s*FROM\s+(?:--platform=(?P<platform>\S+)\s+)?(?P<image>\S+)", re.IGNORECASE)
_COMPOSE = re.compile(r"^\s*platform:\s*[\"']?(linux/(?:amd64|386)\S*?)[\"']?\s*(?:#.*)?$")
_X86_PLATFORM = re.compile(r"linux/(?:amd64|386)|windows/")
# Images that have never had an Arm variant.
_X86_IMAGES = re.compile(
    r"^(?:docker\.io/)?(?:library/)?mysql:5(?:\.|$)|^mcr\.microsoft\.com/(?:mssql/server|windows|dotnet/framework)|"
    r"^(?:docker\.io/)?(?:amd64|i386)/"
)
_FETCH = re.compile(r"https?://\S*(?:x86[_-]64|amd64|linux64|linux-x64)\S*", re.IGNORECASE)
_ENVIRONMENT = re.compile(r"\b(?:GOARCH=(?:amd64|386)|dpkg --add-architecture i386|--target[= ]x86_64\S*)")
_BY_PROCESSOR = re.compile(r"TARGETARCH|TARGETPLATFORM|uname -m|print-architecture|aarch64|arm64", re.IGNORECASE)


def image_findings(path: str, text: str) -> Iterator[Finding]:
    """Of a Dockerfile. Downloads do not count where the file tells processors apart."""
    knows_arm = bool(_BY_PROCESSOR.search(text))
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            continue
        if base := _FROM.match(line):
            yield from _base(path, number, base["platform"] or "", base["image"])
        elif not knows_arm and (found := _FETCH.search(line) or _ENVIRONMENT.search(line)):
            yield _finding(
                path,
                number,
                "x86-download",
                f"{found.group()[:100]} is for x86",
                "choose by ARG TARGETARCH (amd64 or arm64), which the builder sets",
            )


def _base(path: str, number: int, platform: str, image: str) -> Iterator[Finding]:
    if _X86_PLATFORM.search(platform):
        remedy = "drop --platform, and build for linux/arm64 too (docker buildx build --platform)"
        yield _finding(path, number, "x86-platform", f"the base is fixed to {platform}", remedy)
    if _X86_IMAGES.search(image):
        yield _finding(
            path, number, "x86-image", f"{image} has no Arm variant", "take a release or an image that has one"
        )


def compose_findings(path: str, text: str) -> Iterator[Finding]:
    """Of a Compose file: services that are fixed to a platform of x86."""
    for number, line in enumerate(text.splitlines(), 1):
        if found := _COMPOSE.match(line):
            what = f"the service is fixed to {found.group(1)}"
            yield _finding(path, number, "x86-platform", what, "drop `platform`, or set linux/arm64")
        elif (found := re.match(r"\s*image:\s*[\"']?([^\s\"'#]+)", line)) and _X86_IMAGES.search(found.group(1)):
            what = f"{found.group(1)} has no Arm variant"
            yield _finding(path, number, "x86-image", what, "take a release or an image that has one")


def _finding(path: str, number: int, rule: str, what: str, remedy: str) -> Finding:
    return Finding(
        path=path, line=number, rule=rule, severity=BLOCKS, what=what, remedy=remedy, source=SOURCES["containers"]
    )
