"""Binaries by their header: programs, libraries, and archives of them."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from refarch.web.porting.findings import BLOCKS, SOURCES, Finding

X86, ARM, OTHER = "x86", "arm64", "other"
_ELF = {3: X86, 62: X86, 183: ARM}
_PE = {0x14C: X86, 0x8664: X86, 0xAA64: ARM}
_HEAD = 4096
_CLR_DIRECTORY = 14


def processor(head: bytes) -> str:
    """Whose the code of a file is, by its first 4 KiB: `x86`, `arm64`, `other`; empty for what is no code."""
    if head[:4] == b"\x7fELF" and len(head) >= 20:
        order = ">" if head[5] == 2 else "<"
        return _ELF.get(struct.unpack_from(f"{order}H", head, 18)[0], OTHER)
    if head[:2] == b"MZ" and len(head) >= 64:
        return _portable_executable(head)
    if head[:8] == b"!<arch>\n":
        start = head.find(b"\x7fELF")
        return processor(head[start:]) if start >= 0 else ""
    return ""


def _portable_executable(head: bytes) -> str:
    """Windows code. A .NET assembly for any processor says i386 and carries a CLR header: that is no x86 code."""
    at = struct.unpack_from("<I", head, 60)[0]
    if head[at : at + 4] != b"PE\0\0" or len(head) < at + 26:
        return ""
    machine, magic = struct.unpack_from("<H", head, at + 4)[0], struct.unpack_from("<H", head, at + 24)[0]
    clr = at + 24 + (112 if magic == 0x20B else 96) + 8 * _CLR_DIRECTORY
    managed = len(head) >= clr + 4 and struct.unpack_from("<I", head, clr)[0] != 0
    return OTHER if managed and machine == 0x14C else _PE.get(machine, OTHER)


def head_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def archive_processors(content: bytes | Path) -> dict[str, str]:
    """Of a wheel, a jar or another zip: the members that are code, with whose they are. Raises `BadZipFile`."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(content) if isinstance(content, bytes) else content) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                with archive.open(member) as file:
                    if whose := processor(file.read(_HEAD)):
                        found[member.filename] = whose
    return found


def binary_findings(found: dict[str, str]) -> Iterator[Finding]:
    """Of loose binaries by path: x86's that have no Arm sibling of the same name anywhere in the tree."""
    arm = {Path(path).name for path, whose in found.items() if whose == ARM}
    for path, whose in found.items():
        if whose == X86 and Path(path).name not in arm:
            yield Finding(
                path=path,
                line=0,
                rule="x86-binary",
                severity=BLOCKS,
                what="code for x86 by its header",
                remedy="build it from its source for aarch64, or get an Arm build from who makes it",
                source=SOURCES["elf"],
            )


def archive_findings(path: str, members: dict[str, str]) -> Iterator[Finding]:
    """Of an archive: native code for x86 and none for Arm."""
    mine = [name for name, whose in members.items() if whose == X86]
    if mine and ARM not in members.values():
        yield Finding(
            path=path,
            line=0,
            rule="x86-in-archive",
            severity=BLOCKS,
            what=f"holds native code for x86 and none for Arm ({mine[0]}{', …' if len(mine) > 1 else ''})",
            remedy="take a release whose archive has linux-aarch64 too",
            source=SOURCES["java"],
        )
