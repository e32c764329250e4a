"""Unpacking gzip and bzip2 as a stream: several members in a row, a damaged end noticed, memory bounded.

What comes out is asked for by size, so a small archive that unpacks to terabytes needs no more memory than any other.
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable
from typing import Final, Protocol

from refarch_lambdas.mapreduce.body import ByteStream
from refarch_lambdas.mapreduce.errors import PermanentError

INPUT_BYTES: Final = 64 * 1024
SNIFF_BYTES: Final = 10
_GZIP_MAGIC: Final = b"\x1f\x8b\x08"
_BZIP2_MAGIC: Final = b"BZh"
_BZIP2_BLOCK: Final = bytes.fromhex("314159265359")  # pi: begins the first block
_BZIP2_EMPTY: Final = bytes.fromhex("177245385090")  # its root: an archive of nothing
_SUFFIXES: Final = {".gz": "gzip", ".gzip": "gzip", ".bz2": "bzip2"}


def compression_of_name(key: str) -> str | None:
    """ "gzip", "bzip2" or None, by the end of the key."""
    return next((kind for suffix, kind in _SUFFIXES.items() if key.lower().endswith(suffix)), None)


def compression_of_bytes(head: bytes) -> str | None:
    """ "gzip", "bzip2" or None, by the first `SNIFF_BYTES` bytes of the object."""
    if head.startswith(_GZIP_MAGIC):
        return "gzip"
    if head.startswith(_BZIP2_MAGIC) and head[4:10] in (_BZIP2_BLOCK, _BZIP2_EMPTY):
        return "bzip2"
    return None


class Pushback:
    """A stream of which the first bytes were read already: `head`, then the rest."""

    def __init__(self, head: bytes, rest: ByteStream) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        if not self._head:
            return self._rest.read(size)
        block, self._head = self._head[:size], self._head[size:]
        return block

    def close(self) -> None:
        self._rest.close()


class _Member(Protocol):
    """One member of an archive: `unpack` takes packed bytes and gives at most `size` unpacked ones."""

    @property
    def hungry(self) -> bool: ...

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def unpack(self, data: bytes, size: int) -> bytes: ...


class _GzipMember:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)  # 31: gzip header and checksum
        self.hungry = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def unpack(self, data: bytes, size: int) -> bytes:
        block = self._inner.decompress(self._inner.unconsumed_tail + data, size)
        self.hungry = not self._inner.unconsumed_tail and len(block) < size
        return block


class _Bzip2Member:
    def __init__(self) -> None:
        self._inner = bz2.BZ2Decompressor()

    @property
    def hungry(self) -> bool:
        return self._inner.needs_input

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def unpack(self, data: bytes, size: int) -> bytes:
        return self._inner.decompress(data, size)


_MEMBERS: Final[dict[str, Callable[[], _Member]]] = {"gzip": _GzipMember, "bzip2": _Bzip2Member}


class UnpackedStream:
    """The unpacked bytes of a whole archive of `kind` "gzip" or "bzip2". `name` is for messages.

    Raises `PermanentError` for an archive that is damaged, truncated, or followed by something else (zeros are
    padding and allowed).
    """

    def __init__(self, source: ByteStream, kind: str, name: str) -> None:
        self._source = source
        self._kind = kind
        self._name = name
        self._input = b""
        self._member: _Member | None = None

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; b"" at the end of the last member."""
        while self._member is not None or self._next_member():
            block = self._unpack(size)
            if block:
                return block
        return b""

    def close(self) -> None:
        self._source.close()

    def _next_member(self) -> bool:
        self._input = self._input.lstrip(b"\0")
        while not self._input:
            block = self._source.read(INPUT_BYTES)
            if not block:
                return False
            self._input = block.lstrip(b"\0")
        self._member = _MEMBERS[self._kind]()
        return True

    def _unpack(self, size: int) -> bytes:
        member = self._member
        assert member is not None
        data, self._input = self._input, b""
        ended = False
        if member.hungry and not data:
            data = self._source.read(INPUT_BYTES)
            ended = not data
        try:
            block = member.unpack(data, size)
        except (zlib.error, OSError, ValueError) as error:
            raise PermanentError(f"{self._name}: not a sound {self._kind} archive: {error}") from error
        if member.eof:
            self._input, self._member = member.unused_data, None
        elif ended and not block:
            raise PermanentError(f"{self._name}: the {self._kind} archive is truncated")
        return block
