"""A genome from a seed: chromosomes with changing GC content, genes with two exons, and one repeat each. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

BASES = "ACGT"
WINDOW = 1000
REPEAT = 400
CODONS = [a + b + c for a in BASES for b in BASES for c in BASES if a + b + c not in {"TAA", "TAG", "TGA"}]
CODONS_AN_EXON = 100
INTRON = 300
EDGE = 600
"""Bases at either end of a chromosome, and around repeats, where nothing is planted: reads are sparse or ambiguous."""


@dataclass(frozen=True)
class Gene:
    """A gene on the forward strand. `exons`: (start, end) from 0, end excluded; all of them is coding sequence."""

    name: str
    exons: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Chromosome:
    """`repeats`: places that stand twice in it."""

    name: str
    sequence: str
    genes: tuple[Gene, ...]
    repeats: tuple[tuple[int, int], ...]


def make_genome(random: Random, length: int, chromosomes: int = 2) -> list[Chromosome]:
    """Chromosomes chr1, chr2… of falling length, together about `length` bases (each at least 8,000)."""
    shares = [chromosomes - number for number in range(chromosomes)]
    lengths = [max(8_000, length * share // sum(shares)) for share in shares]
    return [_chromosome(random, f"chr{number}", size) for number, size in enumerate(lengths, 1)]


def _chromosome(random: Random, name: str, length: int) -> Chromosome:
    bases = list(_background(random, length))
    repeats = _repeat(bases, length)
    genes = []
    for number, start in enumerate(range(2_000, length - 4_000, 8_000), 1):
        gene = _write_gene(random, bases, f"{name.upper()}G{number}", start)
        if all(end <= gene.exons[0][0] or begin >= gene.exons[-1][1] for begin, end in repeats):
            genes.append(gene)
    return Chromosome(name, "".join(bases), tuple(genes), repeats)


def _background(random: Random, length: int) -> str:
    """Random bases whose GC content moves between 35 and 55 per cent from window to window."""
    parts = []
    for start in range(0, length, WINDOW):
        gc = random.uniform(0.35, 0.55) / 2
        parts.append("".join(random.choices(BASES, [0.5 - gc, gc, gc, 0.5 - gc], k=min(WINDOW, length - start))))
    return "".join(parts)


def _repeat(bases: list[str], length: int) -> tuple[tuple[int, int], ...]:
    """Copy a stretch to another place, so that some reads fit twice, as in every real genome."""
    source, target = length // 2, length - EDGE - 2 * REPEAT
    bases[target : target + REPEAT] = bases[source : source + REPEAT]
    return (source, source + REPEAT), (target, target + REPEAT)


def _write_gene(random: Random, bases: list[str], name: str, start: int) -> Gene:
    """Start codon to stop codon, over two exons with an intron between them that begins GT and ends AG."""
    first = "ATG" + "".join(random.choices(CODONS, k=CODONS_AN_EXON))
    second = "".join(random.choices(CODONS, k=CODONS_AN_EXON)) + "TAA"
    intron = start + len(first)
    after = intron + INTRON
    bases[start:intron] = first
    bases[intron : intron + 2], bases[after - 2 : after] = "GT", "AG"
    bases[after : after + len(second)] = second
    return Gene(name, ((start, intron), (after, after + len(second))))
