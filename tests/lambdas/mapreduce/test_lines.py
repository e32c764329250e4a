"""However an object is cut, its lines come out once each and whole (defects 7 and 8)."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch_lambdas.mapreduce.errors import PermanentError
from refarch_lambdas.mapreduce.lines import TAIL_BYTES, LineRules, read_lines

Found = list[tuple[int, Any]]
pieces = st.sampled_from([b"a", b"bc", b"\n", b"\r\n", b"\r", "ä€😀".encode(), b"\xff", b"\xef\xbb\xbf", b",", b"\n\n"])
contents = st.lists(pieces, max_size=25).map(b"".join) | st.binary(max_size=60)


def lines_of(data: bytes, start: int, end: int, **rules: Any) -> Found:
    """(offset, line) of every line of a slice; a line that is not UTF-8 as bytes."""
    found: Found = []
    chunks = read_lines(lambda first, after: BytesIO(data[first:after]), start, end, len(data), LineRules(**rules))
    for chunk in chunks:
        here: Found = [*zip(chunk.positions(), chunk.lines, strict=True)]
        here += [(line.offset, line.data) for line in chunk.undecodable]
        found += sorted(here, key=lambda item: item[0])
    return found


def expected_lines(data: bytes) -> Found:
    """The plain definition, on the whole object in memory."""
    mark = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    found: Found = []
    at = mark
    raw = data[mark:].split(b"\n")
    for line in raw[:-1] if raw[-1] == b"" else raw:
        bare = line.removesuffix(b"\r")
        try:
            found.append((at, bare.decode()))
        except UnicodeDecodeError:
            found.append((at, bare))
        at += len(line) + 1
    return found


@given(contents, st.lists(st.integers(0, 80), max_size=6), st.integers(1, 9))
def test_any_bytes_cut_anywhere_give_the_lines_of_the_whole(data: bytes, cuts: list[int], chunk_bytes: int) -> None:
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    slices = [lines_of(data, start, end, chunk_bytes=chunk_bytes) for start, end in pairwise(bounds)]
    assert [line for part in slices for line in part] == expected_lines(data)


def test_defect_7_the_last_line_needs_no_line_end() -> None:
    assert [line for _, line in lines_of(b"a,1\nb,2", 0, 7)] == ["a,1", "b,2"]


def test_a_boundary_right_at_a_line_end() -> None:
    data = b"aa\nbb\ncc\n"
    assert lines_of(data, 0, 3) == [(0, "aa")]
    assert lines_of(data, 3, 9) == [(3, "bb"), (6, "cc")]
    assert lines_of(data, 0, 2) == [(0, "aa")]
    assert lines_of(data, 2, 4) == [(3, "bb")]


def test_only_the_line_that_is_not_utf8_is_spoilt() -> None:
    assert lines_of(b"good\nb\xffd\r\nfine\n", 0, 17) == [(0, "good"), (5, b"b\xffd"), (10, "fine")]


def test_a_line_longer_than_slices_and_tail() -> None:
    long = b"x" * (3 * TAIL_BYTES)
    data = b"first\n" + long + b"\nlast\n"
    cuts = [0, 10, 50_000, 100_000, len(data)]
    found = [line for start, end in pairwise(cuts) for _, line in lines_of(data, start, end)]
    assert found == ["first", long.decode(), "last"]


def test_only_what_is_needed_is_asked_for() -> None:
    data = b"0123456789\n" * 100_000
    asked: list[tuple[int, int]] = []

    def open_range(first: int, after: int) -> BytesIO:
        asked.append((first, after))
        return BytesIO(data[first:after])

    list(read_lines(open_range, 1000, 2000, len(data)))
    list(read_lines(open_range, 5, 5, len(data)))
    assert asked == [(999, 2000 + TAIL_BYTES)]


@pytest.mark.parametrize(
    ("data", "at"), [(b"ab\n" + b"x" * 50 + b"\ny\n", 3), (b"x" * 50, 0), (b"a\n" * 9 + b"x" * 11, 18)]
)
def test_a_line_beyond_the_limit_names_object_and_offset(data: bytes, at: int) -> None:
    for chunk_bytes in (4, 1000):
        with pytest.raises(PermanentError, match=rf"s3://b/k: the line at byte {at} is longer than 10 bytes"):
            lines_of(data, 0, len(data), name="s3://b/k", max_line_bytes=10, chunk_bytes=chunk_bytes)
    assert lines_of(b"x" * 10 + b"\n", 0, 11, max_line_bytes=10)


@pytest.mark.parametrize("chunk_bytes", [1, 3, 1000])
def test_header_lines_go_once_at_the_beginning_of_the_object(chunk_bytes: int) -> None:
    data = b"\xef\xbb\xbfname\nunit\na\nb\n"
    head = lines_of(data, 0, 12, header_lines=2, chunk_bytes=chunk_bytes)
    rest = lines_of(data, 12, len(data), header_lines=2, chunk_bytes=chunk_bytes)
    assert [line for _, line in head + rest] == ["a", "b"]


def test_a_header_that_is_longer_than_the_first_slice() -> None:
    data = b"name\nunit\na\n"
    with pytest.raises(PermanentError, match="1 of 2 header lines begin behind byte 3"):
        lines_of(data, 0, 3, header_lines=2)
    assert lines_of(b"name\n", 0, 5, header_lines=2) == []


def test_blank_lines_can_be_left_out_and_offsets_stay_right() -> None:
    (chunk,) = read_lines(lambda first, after: BytesIO(b"a\n\n \nb\n"), 0, 7, 7)
    kept = chunk.without_blank_lines()
    assert [*zip(kept.positions(), kept.lines, strict=True)] == [(0, "a"), (5, "b")]
