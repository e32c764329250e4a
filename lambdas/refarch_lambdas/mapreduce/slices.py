"""The lines of one slice of the plan, packed or plain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Self

from refarch_lambdas.mapreduce.body import ByteStream
from refarch_lambdas.mapreduce.decompress import (
    SNIFF_BYTES,
    Pushback,
    UnpackedStream,
    compression_of_bytes,
    compression_of_name,
)
from refarch_lambdas.mapreduce.errors import PermanentError
from refarch_lambdas.mapreduce.line_chunk import LineChunk, decode_lines
from refarch_lambdas.mapreduce.lines import LineRules, SliceStream, whole_blocks
from refarch_lambdas.mapreduce.storage import Storage


@dataclass(frozen=True)
class InputSlice:
    """The bytes [start, end) of an object of `size` bytes, as it was when its ETag was `etag`."""

    bucket: str
    key: str
    etag: str
    start: int
    end: int
    size: int

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        return cls(*(document[name] for name in ("bucket", "key", "etag", "start", "end", "size")))

    @property
    def whole(self) -> bool:
        return self.start == 0 and self.end == self.size

    @property
    def name(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def slice_lines(storage: Storage, part: InputSlice, rules: LineRules) -> Iterator[LineChunk]:
    """The slice's lines. What the name says (.gz, .bz2) or, for a whole object, what its first bytes say is unpacked.

    Raises `PermanentError` for a packed object that was split: its middle cannot be read.
    """
    return (decode_lines(at, data) for at, data in slice_blocks(storage, part, rules))


def slice_blocks(storage: Storage, part: InputSlice, rules: LineRules) -> Iterator[tuple[int, bytes]]:
    """(offset, bytes) of the same lines as they are: for who takes them apart himself."""
    if part.start >= part.end:
        return
    with closing(SliceStream(_opener(storage, part), part.start, part.end, part.size)) as raw:
        head, kind = b"", compression_of_name(part.key)
        if part.start == 0:
            head = raw.read(SNIFF_BYTES)
            kind = compression_of_bytes(head) or kind
        if kind and not part.whole:
            raise PermanentError(
                f"{part.name} is packed with {kind} but was split (bytes {part.start} to {part.end} of {part.size}); "
                f"name it so that it is planned whole ({'.gz' if kind == 'gzip' else '.bz2'})"
            )
        stream: ByteStream = Pushback(head, raw)
        if kind:
            yield from whole_blocks(UnpackedStream(stream, kind, part.name), 0, None, None, rules)
        else:
            yield from whole_blocks(stream, part.start, part.end, part.size, rules)


def _opener(storage: Storage, part: InputSlice) -> Any:
    def open_range(start: int, end: int) -> ByteStream:
        return storage.open_range(part.key, start, end, bucket=part.bucket, etag=part.etag)

    return open_range
