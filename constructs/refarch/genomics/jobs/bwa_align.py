"""Align with BWA-MEM and sort with SAMtools: the aligner of the profile that Debian packages.

The batch size of BWA is fixed, so that the alignment does not depend on the number of threads, and all paths are
relative: a job that was reclaimed and ran again on another machine gives the same BAM.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from refarch.genomics.jobs import flags, frame, tool
from refarch.genomics.jobs.processes import pipe
from refarch.genomics.jobs.tool import Deliver, Fetch, Stage, Tool, Work

INDEX_FILES = ("amb", "ann", "bwt", "pac", "sa")
BASES_A_BATCH = 100_000_000


def _inputs(arguments: argparse.Namespace) -> list[Fetch]:
    reference = arguments.reference_s3_path
    return [*flags.reads(arguments), Fetch(source=reference, target=flags.REFERENCE, kind=tool.FASTA, companions=True)]


def _stages(work: Work) -> Iterator[Stage]:
    if not all((work.folder / f"{flags.REFERENCE}.{name}").exists() for name in INDEX_FILES):
        yield Stage(pipes=[pipe(("bwa", "index", flags.REFERENCE))])  # hours for a human genome: better beside it in S3
    threads = work.limits.vcpus
    sorters = max(1, threads // 4)
    sample = flags.sample_of(work, work.arguments.bam_s3_folder_path.key)
    group = f"@RG\\tID:{sample}\\tSM:{sample}\\tPL:ILLUMINA"
    align = ["bwa", "mem", "-t", str(threads), "-K", str(BASES_A_BATCH), "-R", group, *work.arguments.cmd_args]
    sort = ["samtools", "sort", "--no-PG", "-@", str(sorters - 1), "-m", f"{work.limits.sort_mib(sorters)}M"]
    sort += ["-T", "sorting", "-o", flags.BAM, "-"]
    yield Stage(pipes=[pipe([*align, flags.REFERENCE, flags.FIRST, flags.SECOND], sort)])
    yield Stage(pipes=[pipe(("samtools", "index", "-@", str(threads - 1), flags.BAM))])


def _outputs(work: Work) -> list[Deliver]:
    folder = work.arguments.bam_s3_folder_path
    return [Deliver(source=name, target=folder.join(name)) for name in (f"{flags.BAM}.bai", flags.BAM)]


TOOL = Tool(
    program="bwa",
    step="align",
    parser=lambda: flags.aligner_parser("bwa_align", "BWA-MEM"),
    inputs=_inputs,
    stages=_stages,
    outputs=_outputs,
    room=4.0,
)


def main(argv: Sequence[str] | None = None) -> int:
    return frame.main(TOOL, argv)


if __name__ == "__main__":
    sys.exit(main())
