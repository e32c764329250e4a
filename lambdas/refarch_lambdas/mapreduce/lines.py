"""Whole lines from a byte range of an object: none lost, none doubled, none torn.

The rule: a line belongs to the slice in which its first byte lies. A slice [start, end) therefore begins to read one
byte early, drops everything up to the first line end, and reads on beyond `end` until its last line is complete.
Lines end with a line feed and with nothing else; one carriage return before it is dropped, and a byte order mark at
the beginning of the object too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from refarch_lambdas.mapreduce.body import ByteStream
from refarch_lambdas.mapreduce.errors import PermanentError
from refarch_lambdas.mapreduce.line_chunk import LineChunk, decode_lines, positions_of

CHUNK_BYTES: Final = 128 * 1024
MAX_LINE_BYTES: Final = 64 * 1024 * 1024
TAIL_BYTES: Final = 64 * 1024
_LARGEST_TAIL: Final = 8 * 1024 * 1024
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

OpenRange = Callable[[int, int], ByteStream]


@dataclass(frozen=True, kw_only=True)
class LineRules:
    """`header_lines` are skipped at the beginning of the object. `chunk_bytes`: read that much at a time.
    A line longer than `max_line_bytes` is an error. `name` of the object, for messages."""

    name: str = "input"
    header_lines: int = 0
    chunk_bytes: int = CHUNK_BYTES
    max_line_bytes: int = MAX_LINE_BYTES


def read_lines(
    open_range: OpenRange, start: int, end: int, size: int, rules: LineRules | None = None
) -> Iterator[LineChunk]:
    """The lines whose first byte lies in [start, end) of a plain object of `size` bytes, chunk after chunk.

    Needs memory for a chunk or for the longest line, whatever the sizes. Raises `PermanentError` for a line that is
    too long, and when not all header lines begin in the object's first slice.
    """
    if start < end:
        yield from split_stream(SliceStream(open_range, start, end, size), start, end, size, rules)


def split_stream(
    stream: ByteStream, start: int, end: int | None, size: int | None, rules: LineRules | None = None
) -> Iterator[LineChunk]:
    """As `read_lines`, from a stream that begins at max(0, start - 1). No `end`: to the end of the stream."""
    return (decode_lines(at, data) for at, data in whole_blocks(stream, start, end, size, rules))


def whole_blocks(
    stream: ByteStream, start: int, end: int | None, size: int | None, rules: LineRules | None = None
) -> Iterator[tuple[int, bytes]]:
    """(offset, bytes) of the same lines, not taken apart: whole lines, without header and byte order mark."""
    rules = rules or LineRules()
    header = rules.header_lines if start == 0 else 0
    for offset, block in _whole_lines(stream, start, end, rules):
        at, data = _without_byte_order_mark(offset, block)
        if header:
            at, data, header = _without_header(at, data, header)
        if data:
            if len(data) > rules.max_line_bytes:
                _check_lengths(at, data, rules)
            yield at, data
    if header and end != size:
        raise PermanentError(
            f"{rules.name}: {header} of {rules.header_lines} header lines begin behind byte {end}, in another slice; "
            "use larger slices"
        )


class SliceStream:
    """From one byte before the slice to the end of the object, asking only for what is read.

    The first request reaches a little beyond the slice, where the last line most likely ends; longer lines cost more
    requests, each twice as large.
    """

    def __init__(self, open_range: OpenRange, start: int, end: int, size: int) -> None:
        self._open_range = open_range
        self._position = max(0, start - 1)
        self._size = size
        self._tail = TAIL_BYTES
        self._stream: ByteStream | None = open_range(self._position, min(size, end + TAIL_BYTES))

    def read(self, size: int, /) -> bytes:
        if self._stream is None:
            return b""
        block = self._stream.read(size)
        if not block and self._position < self._size:
            self._stream.close()
            self._tail = min(self._tail * 2, _LARGEST_TAIL)
            self._stream = self._open_range(self._position, min(self._size, self._position + self._tail))
            block = self._stream.read(size)
        self._position += len(block)
        return block

    def close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()


def _whole_lines(stream: ByteStream, start: int, end: int | None, rules: LineRules) -> Iterator[tuple[int, bytes]]:
    """(offset, bytes) of blocks that hold whole lines of the slice and nothing else."""
    held: list[bytes] = []  # the beginning of a line that is longer than what was read so far
    length = 0
    for position, block in _blocks_of_slice(stream, start, end, rules.chunk_bytes):
        cut = block.rfind(b"\n") + 1
        if cut:
            yield position - length, b"".join([*held, block[:cut]]) if held else block[:cut]
            held, length = [], 0
        if cut < len(block):
            held.append(block[cut:])
            length += len(block) - cut
            if length > rules.max_line_bytes:
                raise _too_long(position + len(block) - length, rules)
    if held:
        last = b"".join(held)
        yield position + len(block) - length, last


def _blocks_of_slice(stream: ByteStream, start: int, end: int | None, chunk_bytes: int) -> Iterator[tuple[int, bytes]]:
    """(offset, bytes) from the first line that begins in the slice to the end of the last one."""
    position = max(0, start - 1)
    searching = start > 0
    while block := stream.read(chunk_bytes):
        at = position
        position += len(block)
        if searching:
            begin = block.find(b"\n") + 1
            if end is not None and (at + begin if begin else position) >= end:
                return  # no line begins in this slice
            if not begin:
                continue
            searching = False
            at, block = at + begin, block[begin:]
        if end is not None and position >= end:
            close = block.find(b"\n", max(0, end - 1 - at))
            if close >= 0:
                yield at, block[: close + 1]
                return
        if block:
            yield at, block


def _without_byte_order_mark(offset: int, data: bytes) -> tuple[int, bytes]:
    if offset == 0 and data.startswith(_BYTE_ORDER_MARK):
        return len(_BYTE_ORDER_MARK), data[len(_BYTE_ORDER_MARK) :]
    return offset, data


def _without_header(offset: int, data: bytes, count: int) -> tuple[int, bytes, int]:
    """The block without its first `count` lines, and how many header lines are still to come."""
    begin = 0
    while count and begin < len(data):
        begin = data.find(b"\n", begin) + 1 or len(data)
        count -= 1
    return offset + begin, data[begin:], count


def _check_lengths(offset: int, data: bytes, rules: LineRules) -> None:
    begins = positions_of(offset, data)
    for begin, after in zip(begins, [*begins[1:], offset + len(data)], strict=True):
        if len(data[begin - offset : after - offset].removesuffix(b"\n")) > rules.max_line_bytes:
            raise _too_long(begin, rules)


def _too_long(offset: int, rules: LineRules) -> PermanentError:
    return PermanentError(
        f"{rules.name}: the line at byte {offset} is longer than {rules.max_line_bytes} bytes; "
        "is this a text file whose lines end with a line feed?"
    )
