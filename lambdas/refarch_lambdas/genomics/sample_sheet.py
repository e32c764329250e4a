"""The sample sheet of a cohort: CSV with a header, one sample a line. Pure; every problem of every line at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from refarch_lambdas.genomics.input_problems import InputProblems, InvalidInput

COLUMNS = ("sampleId", "fastq1S3Path", "fastq2S3Path")
MOST_PROBLEMS = 50
"""A sheet with another separator has a problem a line; more of them help nobody."""


def read_sheet(text: str) -> list[dict[str, str]]:
    """One dictionary a sample, with `COLUMNS` and nothing else.

    Blank lines and lines that begin with `#` are skipped, further columns are ignored. Raises `InvalidInput` with the
    problems: missing columns, duplicate ids or files, paths with spaces or another scheme.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), skipinitialspace=True)
    header = [name.strip() for name in reader.fieldnames or ()]
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise InvalidInput([f"sample sheet: no column {', '.join(missing)}; its header is {','.join(header)!r}"])
    reader.fieldnames = header
    rows = list(_rows(reader))
    found = [*_row_problems(rows), *_duplicates(rows)]
    if not rows:
        found = ["sample sheet: no sample below the header"]
    if found:
        more = [f"and {len(found) - MOST_PROBLEMS} more problems"] if len(found) > MOST_PROBLEMS else []
        raise InvalidInput([*found[:MOST_PROBLEMS], *more])
    return [row for _, row in rows]


def _rows(reader: csv.DictReader[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number (of the file, from 1) and sample."""
    for row in reader:
        values = {column: (row.get(column) or "").strip() for column in COLUMNS}
        if any(values.values()) and not str(next(iter(row.values()))).startswith("#"):
            yield reader.line_num, values


def _row_problems(rows: list[tuple[int, dict[str, str]]]) -> Iterator[str]:
    for line, row in rows:
        problems = InputProblems()
        problems.sample_id("sampleId", row["sampleId"])
        for column in COLUMNS[1:]:
            problems.s3(column, row[column] or None)
        same = row["fastq1S3Path"] == row["fastq2S3Path"] != ""
        problems.check(not same, "fastq2S3Path", row["fastq2S3Path"], "another file than fastq1S3Path")
        yield from (f"line {line}: {problem}" for problem in problems.found)


def _duplicates(rows: list[tuple[int, dict[str, str]]]) -> Iterator[str]:
    """Two samples of one id would write into one folder; one file for two samples is nearly always a slip."""
    seen: dict[tuple[str, str], int] = {}
    for line, row in rows:
        names = [("sampleId", row["sampleId"]), *(("FASTQ file", row[column]) for column in COLUMNS[1:])]
        for what, value in dict.fromkeys(names):
            first = seen.setdefault((what, value), line)
            if value and first != line:
                yield f"line {line}: {what} {value!r} stands in line {first} as well"
