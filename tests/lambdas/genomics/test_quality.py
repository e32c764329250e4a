"""The quality gate."""

from __future__ import annotations

import pytest

from refarch_lambdas.genomics.quality import (
    UnreadableStatistics,
    count_variants,
    genome_length,
    judge,
    metrics,
    report,
    summary_numbers,
)

STATISTICS = """# This file was produced by samtools stats
SN\traw total sequences:\t1000\t# excluding supplementary
SN\treads mapped:\t950
SN\treads properly paired:\t900
SN\tbases mapped (cigar):\t30000\t# more accurate
SN\terror rate:\t2.5e-03\t# mismatches / bases mapped (cigar)
SN\taverage quality:\t37.5
FFQ\t1\t0
"""
INDEX = "chr1\t600\t6\t60\t61\nchr2\t400\t620\t60\t61\n"


def test_metrics_of_real_statistics() -> None:
    found = metrics(summary_numbers(STATISTICS), genome_length(INDEX), 7)
    assert found == {
        "reads": 1000,
        "mappedPercentage": 95.0,
        "properlyPairedPercentage": 90.0,
        "errorRate": 0.0025,
        "meanQuality": 37.5,
        "meanCoverage": 30.0,
        "variants": 7,
    }


def test_what_is_not_known_is_said_to_be_so_and_does_not_pass() -> None:
    found = metrics(summary_numbers("SN\traw total sequences:\t0\n"), None, None)
    assert found["mappedPercentage"] is None
    assert [each["passed"] for each in judge(found, {"minMappedPercentage": 0, "minMeanCoverage": 0})] == [False, False]


def test_something_else_than_statistics_is_refused() -> None:
    with pytest.raises(UnreadableStatistics):
        summary_numbers("<html>")


@pytest.mark.parametrize(
    ("threshold", "value", "passed"),
    [
        ("minReads", 1000, True),
        ("minReads", 1001, False),
        ("maxErrorRate", 0.0025, True),
        ("maxErrorRate", 0.002, False),
    ],
)
def test_a_threshold_is_kept_at_its_very_value(threshold: str, value: float, passed: bool) -> None:
    found = metrics(summary_numbers(STATISTICS), None, None)
    assert judge(found, {threshold: value})[0]["passed"] is passed


def test_the_report_names_each_threshold_that_is_not_kept() -> None:
    gate = {"sampleId": "S1", "thresholds": {"minReads": 5000, "minMeanCoverage": 20, "maxErrorRate": 1}}
    gate |= {"bamStatsS3Path": "s3://b/s", "vcfS3Path": "s3://b/v"}
    made = report(gate, metrics(summary_numbers(STATISTICS), None, None))
    assert made["passed"] is False
    assert made["summary"] == "S1: meanCoverage is not known, at least 20; reads is 1000, at least 5000"
    assert made["schema"] == "refarch.genomics.qc/1"


def test_records_of_a_vcf_are_counted_and_headers_are_not() -> None:
    assert count_variants(["##fileformat=VCFv4.2", "#CHROM\tPOS", "chr1\t5", "chr1\t9", ""]) == 2
