"""Sorted runs: gzip members of JSON lines `["key",value]` in key order, written and read in bounded memory.

A file may hold several runs one after the other, each addressed by (offset, length).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BufferedWriter
from itertools import chain, islice
from json.encoder import encode_basestring_ascii
from operator import ne
from pathlib import Path
from typing import BinaryIO, Final

from refarch_lambdas.mapreduce.decompress import UnpackedStream
from refarch_lambdas.mapreduce.user_code import Pair

GZIP_LEVEL: Final = 1  # shuffle data is written once and read once: speed before size
READ_BYTES: Final = 32 * 1024
_BATCH: Final = 1000
_NUMBERS: Final = frozenset({int, float})
_encode: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True)
class Run:
    """A run in a file. `temporary`: the file holds nothing else and goes when the run was merged."""

    path: Path
    offset: int
    length: int
    pairs: int
    temporary: bool = False


@dataclass
class Tally:
    """What went into a run: pairs, and how many different keys they have."""

    pairs: int = 0
    keys: int = 0
    last: str | None = None

    def add(self, batch: list[Pair]) -> None:
        keys = [key for key, _ in batch]
        self.keys += sum(map(ne, keys, chain((self.last,), keys)))
        self.last = keys[-1]
        self.pairs += len(batch)


def write_run(file: BufferedWriter, path: Path, pairs: Iterable[Pair], tally: Tally | None = None) -> Run:
    """Append sorted pairs to an open file as one gzip member. No pairs: no bytes, length 0."""
    offset = file.tell()
    tally = Tally() if tally is None else tally
    before = tally.pairs
    packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 31)  # 31: a gzip header, whose time is 0
    remaining = iter(pairs)
    while batch := list(islice(remaining, _BATCH)):
        tally.add(batch)
        file.write(packer.compress(_lines(batch).encode("ascii")))
    if tally.pairs > before:
        file.write(packer.flush())
    return Run(path, offset, file.tell() - offset, tally.pairs - before)


def _lines(batch: list[Pair]) -> str:
    keys, values = zip(*batch, strict=True)
    if _NUMBERS.issuperset(map(type, values)):  # what most jobs sum up: every step of it in C
        parts = zip(map(encode_basestring_ascii, keys), map(repr, values), strict=True)
        return "[" + "]\n[".join(map(",".join, parts)) + "]\n"
    return "".join([_encode(pair) + "\n" for pair in batch])


def read_run(run: Run, on_read: Callable[[int], None] | None = None) -> Iterator[Pair]:
    """The pairs of a run in order. `on_read` hears how many were read, batch by batch."""
    if run.length == 0:
        return
    with run.path.open("rb") as file:
        file.seek(run.offset)
        stream = UnpackedStream(_Part(file, run.length), "gzip", f"sorted run in {run.path.name}")
        for text in _whole_lines(stream):
            batch = json.loads(b"[" + text[:-1].replace(b"\n", b",") + b"]")
            if on_read is not None:
                on_read(len(batch))
            yield from batch


class _Part:
    """The next `length` bytes of an open file, as a stream."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file = file
        self._left = length

    def read(self, size: int, /) -> bytes:
        block = self._file.read(min(size, self._left))
        self._left -= len(block)
        return block

    def close(self) -> None:
        self._file.close()


def _whole_lines(stream: UnpackedStream) -> Iterator[bytes]:
    """Blocks that end with a line end. A pair longer than a block is put together first."""
    held: list[bytes] = []
    while block := stream.read(READ_BYTES):
        cut = block.rfind(b"\n") + 1
        if cut:
            yield b"".join([*held, block[:cut]]) if held else block[:cut]
            held = []
        if cut < len(block):
            held.append(block[cut:])
