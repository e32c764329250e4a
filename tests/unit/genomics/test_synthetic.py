"""Synthetic data are the same from the same seed, and their truth is true."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.genomics.synthetic import compare, make, score
from refarch.genomics.synthetic.variants import Variant, haplotypes, left_aligned

HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n"


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    sets = [
        make(tmp_path / name, seed=seed, genome_length=16_000, variants=10, coverage=2, samples=("A", "B"))
        for name, seed in (("one", 3), ("two", 3), ("three", 4))
    ]
    files = [{path.name: path.read_bytes() for path in each.folder.iterdir()} for each in sets]
    assert files[0] == files[1]
    assert all(files[0][name] != files[2][name] for name in files[0] if not name.endswith((".fai", ".gff3")))
    assert files[0]["A.truth.vcf"] != files[0]["B.truth.vcf"]
    assert len(sets[0].samples) == 2


def test_too_many_variants_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="variants is 500, allowed: at most"):
        make(tmp_path, genome_length=16_000, variants=500)


@given(st.text("ACGT", min_size=30, max_size=60), st.integers(5, 20), st.text("ACGT", min_size=1, max_size=4))
def test_left_aligning_changes_the_place_but_not_the_sequence(sequence: str, place: int, inserted: str) -> None:
    base = sequence[place]
    for variant in (
        Variant("c", place + 1, base, base + inserted, 2),
        Variant("c", place + 1, sequence[place : place + 1 + len(inserted)], base, 2),
    ):
        moved = left_aligned(sequence, variant)
        assert moved.position <= variant.position
        assert sequence[moved.position - 1 :].startswith(moved.reference)
        assert haplotypes(sequence, [moved]) == haplotypes(sequence, [variant])


def test_a_heterozygous_variant_is_in_one_copy() -> None:
    first, second = haplotypes("AAAAAA", [Variant("c", 2, "A", "G", 1), Variant("c", 4, "A", "T", 2)])
    assert sorted([first, second]) == ["AAATAA", "AGATAA"]


def write(path: Path, *records: str) -> Path:
    path.write_text(HEAD + "".join(f"{record}\n" for record in records))
    return path


def test_a_comparison_knows_what_was_found_missed_and_invented(tmp_path: Path) -> None:
    truth = write(tmp_path / "t", "c\t5\t.\tA\tG\t.\tPASS\t.\tGT\t0/1", "c\t9\t.\tAT\tA\t.\t.\t.\tGT\t1/1")
    called = write(
        tmp_path / "c",
        "c\t5\t.\tA\tG,T\t9\tPASS\t.\tGT:DP\t0|1:9",  # T is in no copy
        "c\t9\t.\tATT\tAT\t9\t.\t.\tGT\t1/1",  # the same deletion, with a base more
        "c\t20\t.\tC\tG\t9\tPASS\t.\tGT\t0/1",
        "c\t30\t.\tC\tG\t9\tLowGQX\t.\tGT\t0/1",  # the caller itself does not believe it
        "c\t40\t.\tC\tG\t9\tPASS\t.\tGT\t0/0",
    )
    found = compare(truth, called)
    assert (len(found.found), len(found.missed), sorted(found.invented)) == (2, 0, [("c", 20, "C", "G")])
    assert score(truth, called) == (1.0, pytest.approx(2 / 3))
    assert score(truth, write(tmp_path / "none")) == (0.0, 1.0)


def test_a_sample_does_not_change_when_another_is_added(tmp_path: Path) -> None:
    alone = make(tmp_path / "alone", genome_length=16_000, variants=5, coverage=1, samples=("A",)).samples["A"]
    both = make(tmp_path / "both", genome_length=16_000, variants=5, coverage=1, samples=("B", "A")).samples["A"]
    assert alone.fastq1.read_bytes() == both.fastq1.read_bytes()
    assert alone.truth.read_bytes() == both.truth.read_bytes()
