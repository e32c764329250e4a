"""Callers that use one thread run once for each batch of sequences; the pieces are joined, normalised and indexed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from refarch.genomics.jobs import checks, flags
from refarch.genomics.jobs.processes import Pipe, pipe
from refarch.genomics.jobs.regions import bed, share
from refarch.genomics.jobs.tool import Stage, Work

MINIMUM_QUALITY = 20
"""Phred-scaled: a call is kept that is wrong once in a hundred times at most, by the caller's own estimate."""
Caller = Callable[[str], Sequence[Sequence[str]]]
"""From a BED file to the commands, joined by pipes, that write its VCF."""


def stages(work: Work, caller: Caller) -> Iterator[Stage]:
    """The callers side by side, then the steps that make one sorted, filtered and indexed VCF of their output."""
    names = _write_batches(work)
    yield Stage(pipes=[_call(caller, name) for name in names], at_once=work.limits.vcpus)
    (work.folder / "variants").mkdir()
    join = ["bcftools", "concat", "--no-version", "-Ou", *(f"{name}.vcf" for name in names)]
    normalise = ["bcftools", "norm", "--no-version", "-f", flags.REFERENCE, "-Ou", "-"]
    keep = ["bcftools", "view", "--no-version", "-i", f"QUAL>={MINIMUM_QUALITY}", "-Oz", "-o", flags.VARIANTS, "-"]
    yield Stage(pipes=[pipe(join, normalise, keep)])
    yield Stage(pipes=[pipe(("bcftools", "index", "-t", flags.VARIANTS))])


def _call(caller: Caller, name: str) -> Pipe:
    return pipe(*caller(f"{name}.bed"), output=f"{name}.vcf")


def _write_batches(work: Work) -> list[str]:
    """A BED file for each batch; their names without the ending."""
    fasta = work.folder / flags.REFERENCE
    index = work.folder / f"{flags.REFERENCE}.fai"
    lengths = checks.read_index(index, index.name, checks.check_fasta(fasta, fasta.name))
    names = []
    for number, batch in enumerate(share(lengths, work.limits.vcpus)):
        names.append(f"batch-{number:04d}")
        (work.folder / f"{names[-1]}.bed").write_text(bed(batch, lengths))
    return names
