"""Whether an input is whole, looked at before a tool spends hours on it.

BWA aligns the half of a FASTQ that is there; it notices damaged compression at its very end, and of a second file with
fewer reads it warns and ends with 0.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from refarch.genomics.jobs.failures import broken

_CHUNK = 4 * 1024 * 1024
_GZIP = b"\x1f\x8b"
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends every whole BAM and bgzip file."""


class Damaged(ValueError):
    """The text is what is wrong with the file."""


def check_pair(first: Path, second: Path, names: tuple[object, object]) -> int:
    """Read both FASTQ files to the end, side by side; the number of pairs. Raises `JobFailure` naming the bad one."""
    stop = Event()
    pool = ThreadPoolExecutor(2)
    try:
        futures = [pool.submit(count_reads, path, stop) for path in (first, second)]
        counts = []
        for future, name in zip(futures, names, strict=True):
            try:
                counts.append(future.result())
            except Damaged as damage:
                raise broken(name, str(damage)) from damage
    finally:
        stop.set()
        pool.shutdown(wait=False)
    if counts[0] != counts[1]:
        raise broken(names[1], f"it has {counts[1]:,} reads, but {names[0]} has {counts[0]:,}: they are no pair")
    return counts[0]


def count_reads(path: Path, stop: Event | None = None) -> int:
    """The reads in a FASTQ file, plain or gzip. Raises `Damaged` when it ends too early or is none."""
    lines, last, first = 0, b"\n", True
    for chunk in content(path):
        if stop is not None and stop.is_set():
            return 0
        if first and not chunk.startswith(b"@"):
            raise Damaged("this is no FASTQ: it does not begin with '@'")
        lines, last, first = lines + chunk.count(b"\n"), chunk[-1:], False
    lines += last != b"\n"
    if first or lines % 4:
        raise Damaged(f"this FASTQ is cut off: {lines:,} lines, and a read has four")
    return lines // 4


def content(path: Path) -> Iterator[bytes]:
    """What is in a file, decompressed when it is gzip. Raises `Damaged` when the compressed data end too early."""
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP
        file.seek(0)
        chunks = iter(lambda: file.read(_CHUNK), b"")
        yield from _gunzip(chunks) if compressed else chunks


def _gunzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """All members of a gzip stream: sequencers' lanes are often just joined."""
    engine = zlib.decompressobj(wbits=31)
    whole = False
    for chunk in chunks:
        data = chunk
        while data:
            if engine.eof:
                engine = zlib.decompressobj(wbits=31)
            try:
                plain = engine.decompress(data)
            except zlib.error as error:
                raise Damaged(f"its compressed data are damaged ({error})") from error
            if plain:
                yield plain
            data, whole = engine.unused_data, engine.eof
    if not whole:
        raise Damaged("its compressed data are cut off: the file is truncated")


def check_bam(path: Path, name: object) -> None:
    """Raises `JobFailure` unless the BAM begins and ends as one."""
    with path.open("rb") as file:
        begins = file.read(2)
        file.seek(max(0, path.stat().st_size - len(BGZF_END)))
        ends = file.read()
    if begins != _GZIP:
        raise broken(name, "this is no BAM file")
    if ends != BGZF_END:
        raise broken(name, "this BAM is cut off: its end marker is missing")


def check_vcf(path: Path, name: object) -> None:
    """Raises `JobFailure` unless the VCF has its header and, when compressed, all of its data."""
    beginning = b""
    try:
        for chunk in content(path):
            beginning = beginning or chunk[:32]
    except Damaged as damage:
        raise broken(name, str(damage)) from damage
    if not beginning.startswith(b"##fileformat=VCF"):
        raise broken(name, "this is no VCF: it does not begin with ##fileformat=VCF")


def check_fasta(path: Path, name: object) -> str:
    """The name of the first sequence. Raises `JobFailure` unless the reference is plain FASTA."""
    with path.open("rb") as file:
        line = file.readline(4096)
    if not line.startswith(b">"):
        raise broken(name, "this reference is no FASTA: it does not begin with '>'")
    return (line[1:].split() or [b""])[0].decode(errors="replace")


def read_index(path: Path, name: object, first: str) -> dict[str, int]:
    """Sequence → length of a `.fai`. Raises `JobFailure` when it is none, or belongs to another reference."""
    rows = [line.split("\t") for line in path.read_text(errors="replace").splitlines() if line]
    if not rows or any(len(row) < 5 or not row[1].isdigit() for row in rows):
        raise broken(name, "this is no index of a FASTA (samtools faidx makes one)")
    if rows[0][0] != first:
        raise broken(
            name, f"this index begins with {rows[0][0]!r}, its reference with {first!r}: they do not belong together"
        )
    return {row[0]: int(row[1]) for row in rows}
