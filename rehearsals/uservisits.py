"""The data set of the post: rows of the `uservisits` table of the Amplab benchmark, made up from a seed.

Columns: sourceIP, destURL, visitDate, adRevenue, userAgent, countryCode, languageCode, searchWord, duration; about 164
bytes a row, as in the original (25.4 GB for 155 million rows). The same rows and seed always give the same bytes.
"""

from __future__ import annotations

import bz2
import gzip
import random
from collections.abc import Iterator
from dataclasses import dataclass

BYTES_OF_THE_POST = 25_400_000_000
ROWS_OF_THE_POST = 155_000_000

_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:49.0) Gecko/20100101 Firefox/49.0",
    "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_6) AppleWebKit/601.7.7",
)
_WORDS = ("überfluss", "cloud", "serverless", "réseau", "map reduce", "データ", "query", "bucket", "lambda")
_LOCALES = (("USA", "en-US"), ("DEU", "de-DE"), ("FRA", "fr-FR"), ("JPN", "ja-JP"), ("BRA", "pt-BR"))


@dataclass(frozen=True)
class InputObject:
    """One object of the data set. `body` is what is stored, so compressed where the key says so."""

    key: str
    body: bytes


# A large object that is split, middling and tiny ones; compressed, empty, and with every kind of line end.
_SHARES = (
    ("large.csv", 0.55),
    ("middle-1.csv", 0.14),
    ("middle-2.csv.gz", 0.10),
    ("middle-3.csv.bz2", 0.08),
    ("windows-lines.csv", 0.06),
    ("no-final-newline.csv", 0.04),
)
_TINY_OBJECTS = 12


def objects(rows: int, *, seed: int = 1, prefix: str = "uservisits/") -> Iterator[InputObject]:
    """The data set as objects of very different sizes, one after the other. `rows` is at least 100."""
    if rows < 100:
        raise ValueError(f"rows is {rows}, allowed: 100 or more")
    source = _rows(random.Random(seed))  # noqa: S311 - made-up data, not a secret
    left = rows
    for name, share in _SHARES:
        count = int(rows * share)
        left -= count
        yield InputObject(f"{prefix}{name}", _encode(name, [next(source) for _ in range(count)]))
    for number in range(_TINY_OBJECTS):
        count = left // (_TINY_OBJECTS - number)
        left -= count
        name = f"tiny/part-{number:05d}"
        yield InputObject(f"{prefix}{name}", _encode(name, [next(source) for _ in range(count)]))
    yield InputObject(f"{prefix}tiny/empty", b"")


def text_of(found: InputObject) -> str:
    """The rows of an object as text, unpacked."""
    if found.key.endswith(".gz"):
        return gzip.decompress(found.body).decode()
    if found.key.endswith(".bz2"):
        return bz2.decompress(found.body).decode()
    return found.body.decode()


def _encode(name: str, rows: list[str]) -> bytes:
    line_end = "\r\n" if name.startswith("windows") else "\n"
    text = line_end.join(rows) + (line_end if rows and not name.startswith("no-final") else "")
    if name.endswith(".gz"):
        # Two members in one file, as `cat a.gz b.gz` makes them.
        half = text.index("\n", len(text) // 2) + 1 if rows else 0
        return b"".join(gzip.compress(part.encode(), mtime=0) for part in (text[:half], text[half:]))
    if name.endswith(".bz2"):
        return bz2.compress(text.encode())
    return text.encode()


def _rows(source: random.Random) -> Iterator[str]:
    number = source.random
    while True:
        country, language = _LOCALES[int(number() * len(_LOCALES))]
        # Some 14,000 groups: few enough for a combiner to pay, many enough to be shuffled.
        first, second, third = 10 + int(number() * 90), int(number() * 10), 100 + int(number() * 16)
        yield (
            f"{first}.{second}.{third}.{int(number() * 256)},"
            f"https://example.com/{int(number() * 1e12):012d}/{int(number() * 1e9):09d}.html,"
            f"20{int(number() * 17):02d}-{1 + int(number() * 12):02d}-{1 + int(number() * 28):02d},"
            f"{number():.6f},{_AGENTS[int(number() * len(_AGENTS))]},{country},{language},"
            f"{_WORDS[int(number() * len(_WORDS))]},{1 + int(number() * 600)}"
        )
