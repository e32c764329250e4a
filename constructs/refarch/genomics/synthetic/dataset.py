"""Writes a data set: reference with index, annotation, and for each sample two FASTQ files and the true variants."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from refarch.genomics.synthetic.formats import fasta, fasta_index, gff, vcf
from refarch.genomics.synthetic.genome import Chromosome, make_genome
from refarch.genomics.synthetic.reads import Read, pairs
from refarch.genomics.synthetic.variants import Variant, haplotypes, plant


@dataclass(frozen=True, kw_only=True)
class SampleFiles:
    """A sample's files. `truth` is a VCF with what was planted."""

    name: str
    fastq1: Path
    fastq2: Path
    truth: Path
    variants: int


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """`annotation` is GFF3: what snpEff and `bcftools csq` build from."""

    folder: Path
    reference: Path
    reference_index: Path
    annotation: Path
    samples: Mapping[str, SampleFiles]


def make(
    folder: Path,
    *,
    seed: int = 1,
    genome_length: int = 40_000,
    variants: int = 40,
    coverage: float = 30.0,
    samples: Sequence[str] = ("S1",),
) -> Dataset:
    """Write a data set into `folder` (made if missing). The same arguments give the same bytes, on every machine.

    `coverage` is the mean number of reads over a base. About a second for each 40,000 bases at 30 of a sample.
    Raises `ValueError` when so many variants have no room in the genome.
    """
    folder.mkdir(parents=True, exist_ok=True)
    genome = make_genome(_random(seed, "genome"), genome_length)
    text = fasta(genome)
    made = {name: _sample(folder, name, genome, _random(seed, "sample", name), variants, coverage) for name in samples}
    return Dataset(
        folder=folder,
        reference=_write(folder / "reference.fa", text),
        reference_index=_write(folder / "reference.fa.fai", fasta_index(genome)),
        annotation=_write(folder / "annotation.gff3", gff(genome)),
        samples=made,
    )


def _random(*parts: object) -> Random:
    return Random("/".join(map(str, parts)))  # noqa: S311 - reproducible data, nothing secret


def _sample(
    folder: Path, name: str, genome: Sequence[Chromosome], random: Random, count: int, coverage: float
) -> SampleFiles:
    planted = plant(random, genome, count)
    copies = [copy for each in genome for copy in haplotypes(each.sequence, _of(planted, each))]
    fastqs = (folder / f"{name}_1.fastq.gz", folder / f"{name}_2.fastq.gz")
    _write_reads(fastqs, name, list(pairs(random, copies, coverage)))
    truth = _write(folder / f"{name}.truth.vcf", vcf(genome, planted, name))
    return SampleFiles(name=name, fastq1=fastqs[0], fastq2=fastqs[1], truth=truth, variants=len(planted))


def _of(planted: Sequence[Variant], chromosome: Chromosome) -> list[Variant]:
    return [variant for variant in planted if variant.chromosome == chromosome.name]


def _write_reads(paths: tuple[Path, Path], name: str, reads: Sequence[tuple[Read, Read]]) -> None:
    for number, path in enumerate(paths):
        lines = [
            f"@{name}:{index}/{number + 1}\n{pair[number][0]}\n+\n{pair[number][1]}\n"
            for index, pair in enumerate(reads)
        ]
        path.write_bytes(gzip.compress("".join(lines).encode(), 6, mtime=0))


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
