"""Paired reads of a sample, as a sequencer would make them: fragments of both haplotypes, with errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

LENGTH = 100
FRAGMENT, SPREAD = 350, 30
ERROR_RATE = 0.002
GOOD, BAD = "I", "-"
"""Qualities 40 and 12: a sequencer doubts most of its errors, and now and then is sure of one."""
SURE_OF_ERROR = 0.2
_COMPLEMENT = str.maketrans("ACGT", "TGCA")

Read = tuple[str, str]


def pairs(random: Random, haplotypes: Sequence[str], coverage: float) -> Iterator[tuple[Read, Read]]:
    """(bases, qualities) of both reads, in random order over all haplotypes."""
    total = sum(len(haplotype) for haplotype in haplotypes)
    count = int(total / 2 * coverage / (2 * LENGTH))
    for _ in range(count):
        haplotype = random.choices(haplotypes, [len(each) for each in haplotypes])[0]
        size = max(LENGTH, min(len(haplotype), int(random.gauss(FRAGMENT, SPREAD))))
        start = random.randrange(len(haplotype) - size + 1)
        fragment = haplotype[start : start + size]
        ends = [fragment[:LENGTH], reverse(fragment)[:LENGTH]]
        if random.random() < 0.5:
            ends.reverse()
        yield _sequenced(random, ends[0]), _sequenced(random, ends[1])


def reverse(bases: str) -> str:
    """The other strand."""
    return bases.translate(_COMPLEMENT)[::-1]


def _sequenced(random: Random, bases: str) -> Read:
    read, qualities = list(bases), [GOOD] * len(bases)
    for place in range(len(bases)):
        if random.random() < ERROR_RATE:
            read[place] = random.choice([base for base in "ACGT" if base != bases[place]])
            qualities[place] = GOOD if random.random() < SURE_OF_ERROR else BAD
    return "".join(read), "".join(qualities)
