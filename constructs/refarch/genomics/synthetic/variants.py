"""Variants to plant: single bases and short insertions and deletions, far enough apart to be told from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from refarch.genomics.synthetic.genome import BASES, EDGE, Chromosome

SPACING = 150
INDEL_SHARE = 0.2
LONGEST_INDEL = 8
HOMOZYGOUS_SHARE = 0.4


@dataclass(frozen=True, order=True)
class Variant:
    """`position` from 1, as in VCF; `copies` is 1 (heterozygous) or 2."""

    chromosome: str
    position: int
    reference: str
    alternative: str
    copies: int = 1


def plant(random: Random, genome: Sequence[Chromosome], count: int) -> list[Variant]:
    """About `count` variants, in order. Raises `ValueError` when the genome has no room for so many."""
    places = [(chromosome, place) for chromosome in genome for place in _places(chromosome)]
    if len(places) < count:
        raise ValueError(f"variants is {count}, allowed: at most {len(places)} in a genome of this length")
    chosen = sorted(random.sample(range(len(places)), count))
    return [_variant(random, *places[index]) for index in chosen]


def _places(chromosome: Chromosome) -> list[int]:
    """Places from 0, `SPACING` apart, away from the ends and the repeats."""

    def clear(place: int) -> bool:
        return all(place < begin - EDGE // 2 or place > end + EDGE // 2 for begin, end in chromosome.repeats)

    return [place for place in range(EDGE, len(chromosome.sequence) - EDGE, SPACING) if clear(place)]


def _variant(random: Random, chromosome: Chromosome, place: int) -> Variant:
    copies = 2 if random.random() < HOMOZYGOUS_SHARE else 1
    sequence = chromosome.sequence
    if random.random() >= INDEL_SHARE:
        alternative = random.choice([base for base in BASES if base != sequence[place]])
        return Variant(chromosome.name, place + 1, sequence[place], alternative, copies)
    size = random.randint(1, LONGEST_INDEL)
    if random.random() < 0.5:
        inserted = "".join(random.choices(BASES, k=size))
        return left_aligned(
            sequence, Variant(chromosome.name, place + 1, sequence[place], sequence[place] + inserted, copies)
        )
    removed = sequence[place : place + 1 + size]
    return left_aligned(sequence, Variant(chromosome.name, place + 1, removed, sequence[place], copies))


def left_aligned(sequence: str, variant: Variant) -> Variant:
    """An insertion or deletion as far left as it means the same: the form that normalised VCF files have."""
    position, reference, alternative = variant.position, variant.reference, variant.alternative
    while reference[-1] == alternative[-1] and position > 1 and (len(reference) > 1 or len(alternative) > 1):
        if min(len(reference), len(alternative)) == 1:
            position -= 1
            before = sequence[position - 1]
            reference, alternative = before + reference, before + alternative
        reference, alternative = reference[:-1], alternative[:-1]
    return Variant(variant.chromosome, position, reference, alternative, variant.copies)


def haplotypes(sequence: str, variants: Sequence[Variant]) -> tuple[str, str]:
    """Both copies of a chromosome with its variants in them; a heterozygous one is in the first or the second."""
    made = []
    for copy in (0, 1):
        parts, at = [], 0
        for number, variant in enumerate(variants):
            if variant.copies == 2 or number % 2 == copy:
                parts += [sequence[at : variant.position - 1], variant.alternative]
                at = variant.position - 1 + len(variant.reference)
        made.append("".join([*parts, sequence[at:]]))
    return made[0], made[1]
