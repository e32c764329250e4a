"""Archives are unpacked as a stream (defect 8: no compression at all)."""

from __future__ import annotations

import bz2
import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch_lambdas.mapreduce.decompress import UnpackedStream, compression_of_bytes, compression_of_name
from refarch_lambdas.mapreduce.errors import PermanentError

KINDS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "bzip2": bz2.compress}


def unpack(data: bytes, kind: str, size: int = 1000) -> bytes:
    stream, whole = UnpackedStream(BytesIO(data), kind, "s3://b/k"), b""
    while block := stream.read(size):
        assert len(block) <= size
        whole += block
    return whole


@given(st.sampled_from(sorted(KINDS)), st.lists(st.binary(max_size=200), min_size=1, max_size=4), st.integers(1, 300))
def test_members_in_a_row_give_their_contents_in_a_row(kind: str, parts: list[bytes], size: int) -> None:
    assert unpack(b"".join(map(KINDS[kind], parts)), kind, size) == b"".join(parts)


@given(st.sampled_from(sorted(KINDS)), st.binary(min_size=1, max_size=200), st.data())
def test_a_truncated_archive_is_an_error(kind: str, content: bytes, data: st.DataObject) -> None:
    packed = KINDS[kind](content)
    cut = packed[: data.draw(st.integers(1, len(packed) - 1))]
    with pytest.raises(PermanentError, match=r"s3://b/k: the .* archive is truncated"):
        unpack(cut, kind)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_follows_must_be_a_member_or_zeros(kind: str) -> None:
    packed = KINDS[kind](b"content")
    assert unpack(packed + b"\0" * 100_000, kind) == b"content"
    for wrong in (packed + b"garbage", b"plain text, no archive", packed[:-9] + b"\1" * 9):
        with pytest.raises(PermanentError, match=r"not a sound|truncated"):
            unpack(wrong, kind)


def test_a_bomb_needs_no_more_memory_than_anything_else() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(200)) + packer.flush()
    stream, total = UnpackedStream(BytesIO(bomb), "gzip", "bomb"), 0
    tracemalloc.start()
    while block := stream.read(65536):
        total += len(block)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 200 * 2**20
    assert peak < 2 * 2**20


def test_kinds_by_name_and_by_first_bytes() -> None:
    names = ["a.gz", "A.GZ", "a.bz2", "a.csv", "gz"]
    assert [compression_of_name(name) for name in names] == ["gzip", "gzip", "bzip2", None, None]
    heads = [gzip.compress(b"x")[:10], bz2.compress(b"x")[:10], bz2.compress(b"")[:10], b"BZh9 is text", b""]
    assert [compression_of_bytes(head) for head in heads] == ["gzip", "bzip2", "bzip2", None, None]
