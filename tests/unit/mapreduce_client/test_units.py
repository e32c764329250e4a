"""Numbers for people, and back."""

import pytest

from refarch.mapreduce.units import format_bytes, format_count, format_dollars, format_seconds, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4096", 4096),
        ("64MiB", 64 * 2**20),
        ("1.5 GB", 1_500_000_000),
        ("25g", 25_000_000_000),
        ("1kib", 1024),
        ("7 b", 7),
        ("2TiB", 2**41),
    ],
)
def test_sizes_are_read(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "many", "-1", "1.5.2", "3 XB", "MB"])
def test_other_texts_are_no_sizes(text):
    with pytest.raises(ValueError, match="is not a size: use for example 64MiB"):
        parse_size(text)


def test_numbers_are_short():
    assert [format_bytes(n) for n in (0, 17, 312_000_000, 25_400_000_000, 2e12)] == [
        "0 B",
        "17 B",
        "312 MB",
        "25.4 GB",
        "2 TB",
    ]
    assert [format_count(n) for n in (12_345, 1_540_000, 155_000_000, 2.5e9)] == [
        "12,345",
        "1.5 million",
        "155 million",
        "2.5 billion",
    ]
    assert [format_seconds(n) for n in (0.421, 9.34, 118.2, 3_725)] == ["0.42 s", "9.3 s", "118 s", "1 h 02 min"]
    assert [format_dollars(n) for n in (0, 1.239, 0.0249, 0.0000123)] == ["$0.00", "$1.24", "$0.0249", "$0.0000123"]
