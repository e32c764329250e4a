"""The Debian profile with its real tools: what was planted is found, and all of it stands where the posts put it."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path
from typing import Any

import pytest

from refarch.genomics.synthetic import compare

pytestmark = pytest.mark.rehearsal


def test_the_aligner_leaves_a_sorted_bam_with_its_index(bench: Any, aligned: str, tmp_path: Path) -> None:
    assert bench.keys(aligned) == ["sorted.bam", "sorted.bam.bai"]
    path = tmp_path / "sorted.bam"
    path.write_bytes(bench.read(f"{aligned}/sorted.bam"))
    counted = subprocess.run(["samtools", "flagstat", "-O", "tsv", path], capture_output=True, text=True, check=True)
    facts = {line.split("\t")[2]: line.split("\t")[0] for line in counted.stdout.splitlines()}
    assert int(facts["total (QC-passed reads + QC-failed reads)"]) > 5_000
    assert float(facts["mapped %"].rstrip("%")) > 99
    header = subprocess.run(["samtools", "view", "-H", path], capture_output=True, text=True, check=True).stdout
    assert "SO:coordinate" in header
    assert "@RG\tID:S1\tSM:S1\tPL:ILLUMINA" in header


def test_results_are_encrypted_and_marked(bench: Any, aligned: str) -> None:
    head = bench.head(f"{aligned}/sorted.bam")
    assert head["ServerSideEncryption"] == "AES256"
    assert head["Metadata"] == {"refarch-fingerprint": "0123abcd"}


def test_the_aligner_gives_the_same_bytes_again(bench: Any, aligned: str) -> None:
    """A job that was reclaimed runs again in another folder: its result is the same."""
    folder = f"{bench.results}/bam/"
    ended = bench.run("bwa_align", *bench.align(folder))
    assert (ended.code, bench.left_behind()) == (0, [])
    assert bench.read(f"{folder}sorted.bam") == bench.read(f"{aligned}/sorted.bam")


def test_the_alignment_does_not_depend_on_the_size_of_the_job(bench: Any, aligned: str, tmp_path: Path) -> None:
    folder = f"{bench.results}/bam/"
    assert bench.run("bwa_align", *bench.align(folder), REFARCH_VCPUS="4", REFARCH_MEMORY_MIB="700").code == 0
    records = []
    for number, uri in enumerate((aligned, folder.rstrip("/"))):
        path = tmp_path / f"{number}.bam"
        path.write_bytes(bench.read(f"{uri}/sorted.bam"))
        records.append(subprocess.run(["samtools", "view", path], capture_output=True, check=True).stdout)
    assert records[0] == records[1]


@pytest.mark.parametrize(("caller", "least_recall"), [("bcftools_call", 0.9), ("freebayes_call", 0.9)])
def test_the_caller_finds_what_was_planted(
    bench: Any, aligned: str, tmp_path: Path, caller: str, least_recall: float
) -> None:
    folder = f"{bench.results}/vcf"
    ended = bench.run(caller, *bench.call(folder, aligned))
    assert (ended.code, bench.left_behind()) == (0, []), ended
    assert bench.keys(folder) == ["variants/variants.vcf.gz", "variants/variants.vcf.gz.tbi"]
    called = tmp_path / "called.vcf.gz"
    called.write_bytes(bench.read(f"{folder}/variants/variants.vcf.gz"))
    found = compare(bench.data.samples["S1"].truth, called)
    print(f"{caller}: recall {found.recall:.3f}, precision {found.precision:.3f}, missed {sorted(found.missed)}")
    assert found.recall >= least_recall
    assert found.precision >= 0.9


def test_variants_are_annotated_from_a_database_of_ones_own(bench: Any) -> None:
    """With the posts' own arguments: `-t` is gone in snpEff 5 and would end it."""
    source = bench.put("vcf/truth.vcf.gz", gzip.compress(bench.data.samples["S1"].truth.read_bytes()))
    target = f"{bench.results}/annotated_vcf/output.annotated.vcf"
    given = ["--vcf_s3_path", source, "--annotated_vcf_s3_path", target, "--database_s3_path", bench.uri("database/")]
    ended = bench.run("snpeff_annotate", *given, "--cmd_args", " -t demo ")
    assert (ended.code, bench.left_behind()) == (0, []), ended
    records = [line for line in bench.read(target).decode().splitlines() if not line.startswith("#")]
    assert len(records) == bench.data.samples["S1"].variants
    assert all("ANN=" in record for record in records)
    assert any("CHR1G" in record for record in records)
    assert "-Xmx800m" in ended.output


def test_a_genome_that_the_database_has_not_is_the_tools_own_failure(bench: Any) -> None:
    source = bench.put("vcf/truth.vcf", bench.data.samples["S1"].truth.read_bytes())
    target = f"{bench.results}/annotated_vcf/output.annotated.vcf"
    given = ["--vcf_s3_path", source, "--annotated_vcf_s3_path", target, "--database_s3_path", " "]
    ended = bench.run("snpeff_annotate", *given, "--cmd_args", " no_such_genome ")
    assert (ended.code, bench.left_behind(), bench.keys(bench.results)) == (255, [], [])
    assert ended.reason.startswith("refarch: annotate: java ended with code 255")


def test_statistics_are_those_of_samtools(bench: Any, aligned: str) -> None:
    target = f"{bench.results}/stats/bam_stats.dat"
    given = ["--bam_s3_path", f"{aligned}/sorted.bam", "--reference_s3_path", bench.uri("data/reference.fa")]
    ended = bench.run("samtools_stats", *given, "--bam_stats_s3_path", target)
    assert (ended.code, bench.left_behind()) == (0, [])
    text = bench.read(target).decode()
    facts = dict(line.split("\t")[1:3] for line in text.splitlines() if line.startswith("SN\t"))
    assert int(facts["reads mapped:"]) > 5_000
