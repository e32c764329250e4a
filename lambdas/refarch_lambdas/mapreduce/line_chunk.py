"""A chunk of lines as text, and where each of them lies in its object.

A chunk is decoded once and split once: this is the hot path of every mapper. Only when a chunk holds bytes that are
not UTF-8 its lines are decoded one by one, so that one bad line does not spoil its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class UndecodableLine:
    """A line that is not UTF-8: where its first byte lies, its bytes, and what the decoder said."""

    offset: int
    data: bytes
    error: str


@dataclass
class LineChunk:
    """Some consecutive lines, as text without their ends.

    `data` are the bytes that they come from and `offset` the place of the first byte in the object (in what it
    unpacks to, when it is compressed). `offsets` is None while it can be worked out from `data`.
    """

    offset: int
    data: bytes
    lines: list[str]
    offsets: list[int] | None = None
    undecodable: list[UndecodableLine] = field(default_factory=list)

    def position(self, index: int) -> int:
        """The offset of the first byte of line `index`."""
        return self.positions()[index]

    def positions(self) -> list[int]:
        if self.offsets is None:
            self.offsets = positions_of(self.offset, self.data)
        return self.offsets

    def without_blank_lines(self) -> LineChunk:
        """The same chunk without lines that are empty or hold white space only."""
        if not any(not line or line.isspace() for line in self.lines):
            return self
        kept = [(line, at) for line, at in zip(self.lines, self.positions(), strict=True) if line.strip()]
        lines, offsets = [line for line, _ in kept], [at for _, at in kept]
        return LineChunk(self.offset, self.data, lines, offsets, self.undecodable)


def decode_lines(offset: int, data: bytes) -> LineChunk:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return _decode_one_by_one(offset, data)
    if "\r" in text:
        text = text.replace("\r\n", "\n")
        if text.endswith("\r"):
            text = text[:-1]
    lines = text.split("\n")
    if data.endswith(b"\n"):
        lines.pop()
    return LineChunk(offset, data, lines)


def _decode_one_by_one(offset: int, data: bytes) -> LineChunk:
    chunk = LineChunk(offset, data, [], [])
    raw = data.split(b"\n")
    for at, line in zip(positions_of(offset, data), raw, strict=False):
        bare = line.removesuffix(b"\r")
        try:
            text = bare.decode()
        except UnicodeDecodeError as error:
            chunk.undecodable.append(UndecodableLine(at, bare, str(error)))
        else:
            chunk.lines.append(text)
            chunk.positions().append(at)
    return chunk


def positions_of(offset: int, data: bytes) -> list[int]:
    """Where each line of `data` begins in the object."""
    begins = [offset]
    at = data.find(b"\n") + 1
    while at and at < len(data):
        begins.append(offset + at)
        at = data.find(b"\n", at) + 1
    return begins
