"""Both shapes of a run's input become one request, and whatever is wrong is said with the name of its field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from refarch_lambdas.genomics import inputs, schema_documents
from refarch_lambdas.genomics.inputs import PARAMETERS, STEPS, InvalidInput, read_cohort, read_sample
from refarch_lambdas.genomics.s3_uris import parse_s3_uri, why_not_s3

DEFAULTS = {
    "align": {"ReferenceS3Path": "s3://stack/ref/isaac/", "WorkingDir": "/scratch", "CommandArgs": " "},
    "call": {"ReferenceS3Path": "s3://stack/ref/hg38.fa", "ReferenceIndexS3Path": "s3://stack/ref/hg38.fa.fai"},
    "annotate": {"CommandArgs": " hg38 ", "DatabaseS3Path": " "},
    "statistics": {"ReferenceS3Path": "s3://stack/ref/hg38.fa"},
}


def v1(**changes: Any) -> dict[str, Any]:
    document = {
        "fastq1S3Path": "s3://inputs/fastq/a_1.fastq.gz",
        "fastq2S3Path": "s3://inputs/fastq/a_2.fastq.gz",
        "referenceS3Path": "s3://inputs/reference/hg38.fa",
        "resultsS3Path": "s3://out/results",
        "sampleId": "NA12878",
        "workingDir": "/scratch",
        "isaac": {"jobDefinition": "isaac:1", "jobQueue": "high", "referenceS3Path": "s3://inputs/reference/isaac/"},
        "strelka": {"jobDefinition": "strelka:1", "jobQueue": "high", "cmdArgs": " --exome "},
        "samtoolsStats": {"jobDefinition": "samtools:1", "jobQueue": "low"},
        "snpEff": {"jobDefinition": "snpeff:1", "jobQueue": "low", "cmdArgs": " -t hg38 "},
    }
    merged = {**document, **changes}
    return {key: value for key, value in merged.items() if value is not None}


def problems_of(document: Any, defaults: Any = DEFAULTS) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read_sample(document, defaults)
    return list(caught.value.problems)


def test_the_posts_input_leads_to_the_posts_paths() -> None:
    request = read_sample(v1(), DEFAULTS)
    assert (request.shape, request.sample_id, request.results) == ("v1", "NA12878", "s3://out/results/NA12878")
    assert request.steps["align"].parameters == {
        "BAMS3FolderPath": "s3://out/results/NA12878/bam/",
        "FastQ1S3Path": "s3://inputs/fastq/a_1.fastq.gz",
        "FastQ2S3Path": "s3://inputs/fastq/a_2.fastq.gz",
        "ReferenceS3Path": "s3://inputs/reference/isaac/",
        "WorkingDir": "/scratch",
        "CommandArgs": " ",
    }
    call, annotate = request.steps["call"].parameters, request.steps["annotate"].parameters
    assert call["BAIS3Path"] == "s3://out/results/NA12878/bam/sorted.bam.bai"
    assert call["ReferenceIndexS3Path"] == "s3://inputs/reference/hg38.fa.fai"
    assert (call["VCFS3Path"], call["CommandArgs"]) == ("s3://out/results/NA12878/vcf", " --exome ")
    assert annotate["VCFS3Path"] == "s3://out/results/NA12878/vcf/variants/variants.vcf.gz"
    assert annotate["AnnotatedVCFS3Path"].endswith("/NA12878/annotated_vcf/output.annotated.vcf")
    assert request.steps["statistics"].parameters["BAMStatsS3Path"].endswith("/NA12878/stats/bam_stats.dat")
    assert (request.steps["call"].job_definition, request.steps["statistics"].job_queue) == ("strelka:1", "low")


def test_a_request_names_every_parameter_and_none_is_empty() -> None:
    for document in (v1(), {"isaac": {}, "strelka": {}, "samtools": {}, "snpeff": {}}):
        defaults = {**DEFAULTS, "align": {**DEFAULTS["align"], **V2_DEFAULTS}}
        request = read_sample(document, defaults)
        for step in STEPS:
            assert tuple(request.steps[step].parameters) == PARAMETERS[step]
            assert all(request.steps[step].parameters.values())


V2_DEFAULTS = {
    "BAMS3FolderPath": "s3://stack/results/NA12878/bam",
    "FastQ1S3Path": "s3://stack/a_1.fastq.gz",
    "FastQ2S3Path": "s3://stack/a_2.fastq.gz",
}


def test_the_stack_fills_in_what_the_document_leaves_out() -> None:
    request = read_sample(v1(referenceS3Path=None, isaac=None, snpEff=None), DEFAULTS)
    assert request.steps["align"].parameters["ReferenceS3Path"] == "s3://stack/ref/isaac/"
    assert request.steps["call"].parameters["ReferenceIndexS3Path"] == "s3://stack/ref/hg38.fa.fai"
    assert request.steps["annotate"].parameters["CommandArgs"] == " hg38 "


def test_memory_means_what_the_tool_gets_as_in_the_original() -> None:
    request = read_sample(v1(isaac={"memory": "76", "vcpus": 32}), DEFAULTS)
    assert (request.steps["align"].memory_mib, request.steps["align"].vcpus) == (80_000, 32)


def test_a_step_has_a_name_of_its_own_beside_the_tools() -> None:
    assert read_sample(v1(strelka=None, call={"jobQueue": "q"}), DEFAULTS).steps["call"].job_queue == "q"
    assert "call is" in problems_of(v1(call={}))[0]


def test_the_minimal_input_of_v2_is_enough() -> None:
    """The original's own MinimalWorkflowInput failed: `$.isaac.JobName` was not there."""
    defaults = {**DEFAULTS, "align": {**DEFAULTS["align"], **V2_DEFAULTS}}
    request = read_sample({"isaac": {}, "strelka": {}, "samtools": {}, "snpeff": {}}, defaults)
    assert (request.shape, request.sample_id) == ("v2", "NA12878")
    assert request.results == "s3://stack/results/NA12878"
    assert request.steps["call"].parameters["BAMS3Path"] == "s3://stack/results/NA12878/bam/sorted.bam"


def test_v2_lets_each_step_follow_the_one_before() -> None:
    """In the original, a BAM folder of one's own left Strelka with the sample of the defaults."""
    stale = {
        "BAMS3Path": "s3://stack/old/bam/sorted.bam",
        "BAIS3Path": "s3://stack/old/x.bai",
        "VCFS3Path": "s3://s-s/old/vcf",
    }
    defaults = {**DEFAULTS, "align": {**DEFAULTS["align"], **V2_DEFAULTS}, "call": {**DEFAULTS["call"], **stale}}
    defaults["annotate"] = {"VCFS3Path": "s3://stack/old/vcf/variants/genome.vcf.gz"}
    request = read_sample({"isaac": {"JobName": "x", "BAMS3FolderPath": "s3://out/r/B7/bam/"}}, defaults)
    call = request.steps["call"].parameters
    assert (request.sample_id, call["BAMS3Path"]) == ("B7", "s3://out/r/B7/bam/sorted.bam")
    assert (call["BAIS3Path"], call["VCFS3Path"]) == ("s3://out/r/B7/bam/sorted.bam.bai", "s3://out/r/B7/vcf")
    assert request.steps["annotate"].parameters["VCFS3Path"] == "s3://out/r/B7/vcf/variants/variants.vcf.gz"


def test_v2_takes_what_is_given_as_it_is() -> None:
    defaults = {**DEFAULTS, "align": {**DEFAULTS["align"], **V2_DEFAULTS}}
    document = {"snpeff": {"VCFS3Path": "s3://o-o/x/genome.vcf.gz"}, "strelka": {"BAMS3Path": "s3://o-o/x/other.bam"}}
    request = read_sample(document, defaults)
    assert request.steps["annotate"].parameters["VCFS3Path"] == "s3://o-o/x/genome.vcf.gz"
    assert request.steps["call"].parameters["BAIS3Path"] == "s3://o-o/x/other.bam.bai"


def test_one_file_for_both_reads_is_refused() -> None:
    """The original's FullWorkflowInput named the first FASTQ twice, and aligned it with itself."""
    same = V2_DEFAULTS["FastQ1S3Path"]
    jobs = {"isaac": {**V2_DEFAULTS, "FastQ2S3Path": same}}
    assert problems_of(jobs)[0].startswith(f"isaac.FastQ2S3Path is {same!r}, allowed: another file")
    assert problems_of(v1(fastq2S3Path="s3://inputs/fastq/a_1.fastq.gz"))[0].startswith("fastq2S3Path is")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fastq1S3Path": "s3://inputs/fastq/ SRR_1.fastq.gz"}, "fastq1S3Path is .*space in it"),
        ({"resultsS3Path": "https://out/results"}, "resultsS3Path is .*does not begin with s3://"),
        ({"resultsS3Path": "s3://Out_/results"}, "resultsS3Path is .*no name of a bucket"),
        ({"resultsS3Path": "s3://out"}, "resultsS3Path is .*nothing in it"),
        ({"sampleId": "a b"}, "sampleId is 'a b', allowed: 1 to 100 letters"),
        ({"sampleId": None}, "sampleId is None"),
        ({"sampleid": "x"}, "sampleid is 'x', allowed: no such field .did you mean 'sampleId'"),
        ({"workingDir": "scratch"}, "workingDir is 'scratch', allowed: an absolute folder"),
        ({"workingDir": "/"}, "workingDir is '/'"),
        ({"strelka": {"cmdArgs": " —exome "}}, "strelka.cmdArgs is .*plain hyphens"),
        ({"strelka": {"cmdArgs": " 'open "}}, "strelka.cmdArgs is .*balanced quotes"),
        ({"isaac": {"memory": 0}}, "isaac.memory is 0, allowed: a number from 1"),
        ({"isaac": {"vcpus": 1.5}}, "isaac.vcpus is 1.5, allowed: a whole number"),
        ({"isaac": {"jobqueue": "x"}}, "isaac.jobqueue is .*did you mean 'jobQueue'"),
        ({"isaac": "x"}, "isaac is 'x', allowed: a JSON object"),
        ({"snpEff": {"databaseS3Path": "db"}}, "snpEff.databaseS3Path is 'db'"),
        ({"qc": {"minReads": "many"}}, "qc.minReads is 'many', allowed: a number from 0"),
        ({"qc": {"minMapped": 3}}, "qc.minMapped is 3, allowed: no such field"),
        ({"force": "yes"}, "force is 'yes', allowed: true or false"),
    ],
)
def test_a_problem_names_its_field(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        read_sample(v1(**changes), DEFAULTS)
    assert len(caught.value.problems) == 1


def test_all_problems_are_told_at_once() -> None:
    found = problems_of(v1(sampleId="", fastq1S3Path="x", resultsS3Path=None, force=1))
    assert len(found) == 4


@pytest.mark.parametrize("document", [None, [], "x", {"sample": 1, "common": {}}])
def test_something_else_than_an_object_is_refused(document: Any) -> None:
    assert "allowed: a JSON object" in problems_of(document)[0]


def test_a_row_of_a_cohort_is_a_v1_document() -> None:
    row = {"sampleId": "S1", "fastq1S3Path": "s3://inputs/1.fq.gz", "fastq2S3Path": "s3://inputs/2.fq.gz", "lane": "7"}
    common = {"resultsS3Path": "s3://out/r", "referenceS3Path": "s3://inputs/ref.fa"}
    request = read_sample({"sample": row, "common": common}, DEFAULTS)
    assert (request.sample_id, request.results) == ("S1", "s3://out/r/S1")


def test_a_cohort_is_checked_before_its_sheet_is_read() -> None:
    common = {"resultsS3Path": "s3://out/r", "qc": {"minReads": 5}}
    document = {"sampleSheetS3Path": "s3://inputs/sheet.csv", "toleratedFailurePercentage": 5, **common}
    cohort = read_cohort(document, DEFAULTS)
    assert (cohort.sheet, cohort.tolerated_failure_percentage, cohort.max_concurrency) == (
        "s3://inputs/sheet.csv",
        5,
        10,
    )
    assert cohort.common == common
    with pytest.raises(InvalidInput) as caught:
        read_cohort({"toleratedFailurePercentage": 101, "maxConcurrency": 0, "sampleId": "x"}, DEFAULTS)
    fields = [problem.split(" ")[0] for problem in caught.value.problems]
    assert fields == ["sampleId", "sampleSheetS3Path", "toleratedFailurePercentage", "maxConcurrency", "resultsS3Path"]


@pytest.mark.parametrize("text", ["s3://b/k", "s3://b" * 20, "s3://bucket//k", "s3://bucket/a/../b", "s3://b-b/k\t", 7])
def test_what_is_no_s3_uri(text: Any) -> None:
    with pytest.raises(ValueError, match="is no S3 URI"):
        parse_s3_uri(text)


def test_an_s3_uri_has_parts() -> None:
    uri = parse_s3_uri("s3://my-bucket/results/S1/")
    assert (uri.bucket, uri.key, uri.name, str(uri.join("bam", "x.bam"))) == (
        "my-bucket",
        "results/S1/",
        "S1",
        "s3://my-bucket/results/S1/bam/x.bam",
    )
    assert why_not_s3(str(uri)) is None


def test_the_schema_files_are_those_of_the_reader() -> None:
    folder = Path(inputs.__file__).parent / "schemas"
    made = schema_documents.documents()
    assert {path.name: json.loads(path.read_text()) for path in folder.glob("*.json")} == made
