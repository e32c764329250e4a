"""How well a caller did: its variants against the true ones, by place and alleles. Pure but for reading the files."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

Key = tuple[str, int, str, str]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`found` are true and called, `missed` only true, `invented` only called."""

    found: frozenset[Key]
    missed: frozenset[Key]
    invented: frozenset[Key]

    @property
    def recall(self) -> float:
        """Share of the true variants that were called; 1 when there are none."""
        total = len(self.found) + len(self.missed)
        return len(self.found) / total if total else 1.0

    @property
    def precision(self) -> float:
        """Share of the calls that are true; 1 when there are none."""
        total = len(self.found) + len(self.invented)
        return len(self.found) / total if total else 1.0


def compare(truth: Path, called: Path) -> Comparison:
    """Compare two VCF files (plain or gzip) with left-aligned variants."""
    real, calls = read_variants(truth), read_variants(called)
    return Comparison(found=real & calls, missed=real - calls, invented=calls - real)


def score(truth: Path, called: Path) -> tuple[float, float]:
    """(recall, precision) of `called`."""
    found = compare(truth, called)
    return found.recall, found.precision


def read_variants(path: Path) -> frozenset[Key]:
    """Chromosome, position, reference and alternative allele of every variant that passed the caller's filters.

    Several alternatives in one line count one by one; those that no sample has do not.
    """
    found: set[Key] = set()
    for line in _text(path).splitlines():
        fields = line.split("\t")
        if line.startswith("#") or len(fields) < 8 or fields[6] not in {"PASS", "."}:
            continue
        carried = _carried(fields[9]) if len(fields) > 9 else None
        for number, alternative in enumerate(fields[4].split(","), 1):
            if alternative not in {".", "*", "<*>", "<NON_REF>"} and (carried is None or str(number) in carried):
                found.add((fields[0], int(fields[1]), *trimmed(fields[3], alternative)))
    return frozenset(found)


def trimmed(reference: str, alternative: str) -> tuple[str, str]:
    """Alleles without the bases that both have at the end, as a line with several alternatives adds them."""
    while min(len(reference), len(alternative)) > 1 and reference[-1] == alternative[-1]:
        reference, alternative = reference[:-1], alternative[:-1]
    return reference, alternative


def _carried(sample: str) -> set[str]:
    return set(sample.partition(":")[0].replace("|", "/").split("/"))


def _text(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()
