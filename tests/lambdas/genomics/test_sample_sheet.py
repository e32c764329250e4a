"""A sample sheet is read as a whole: every problem of every line at once."""

from __future__ import annotations

import pytest

from refarch_lambdas.genomics.inputs import InvalidInput
from refarch_lambdas.genomics.sample_sheet import MOST_PROBLEMS, read_sheet

HEADER = "sampleId,fastq1S3Path,fastq2S3Path\n"


def line(name: str) -> str:
    return f"{name},s3://in-in/{name}_1.fq.gz,s3://in-in/{name}_2.fq.gz\n"


def problems_of(text: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read_sheet(text)
    return list(caught.value.problems)


def test_a_sheet_has_a_sample_a_line() -> None:
    rows = read_sheet(HEADER + line("A") + "\n" + line("B"))
    assert rows[1] == {"sampleId": "B", "fastq1S3Path": "s3://in-in/B_1.fq.gz", "fastq2S3Path": "s3://in-in/B_2.fq.gz"}
    assert len(rows) == 2


def test_what_spreadsheets_do_is_understood() -> None:
    """A byte order mark, columns in another order, further ones, spaces after commas, Windows line ends, comments."""
    text = "\ufefflane, fastq2S3Path,sampleId ,fastq1S3Path\r\n# old\r\n1, s3://i-i/2.gz,A, s3://i-i/1.gz\r\n"
    assert read_sheet(text) == [{"sampleId": "A", "fastq1S3Path": "s3://i-i/1.gz", "fastq2S3Path": "s3://i-i/2.gz"}]


def test_every_problem_is_told_with_its_line() -> None:
    bad = (
        "A,s3://in-in/fastq/ A_1.fq.gz,http://in/A_2.fq.gz\n"
        + line("B")
        + line("B")
        + "C,s3://i-i/c.gz,s3://i-i/c.gz\n"
    )
    found = problems_of(HEADER + bad + "D,,s3://i-i/d.gz\n")
    assert [problem.partition(":")[0] for problem in found] == [
        *["line 2"] * 2,
        "line 5",
        "line 6",
        *["line 4"] * 3,
    ]
    assert "space in it" in found[0]
    assert "line 4: sampleId 'B' stands in line 3 as well" in found


def test_missing_columns_are_named() -> None:
    assert problems_of("sampleId;fastq1S3Path\nA;B\n") == [
        "sample sheet: no column sampleId, fastq1S3Path, fastq2S3Path; its header is 'sampleId;fastq1S3Path'"
    ]
    assert problems_of("") == ["sample sheet: no column sampleId, fastq1S3Path, fastq2S3Path; its header is ''"]


def test_a_sheet_without_a_sample_is_refused() -> None:
    assert problems_of(HEADER) == ["sample sheet: no sample below the header"]


def test_a_long_list_of_problems_ends() -> None:
    found = problems_of(HEADER + "".join(f"S{number},x,y\n" for number in range(100)))
    assert (len(found), found[-1].endswith("more problems")) == (MOST_PROBLEMS + 1, True)
