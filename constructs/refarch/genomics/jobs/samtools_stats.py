"""Statistics of an alignment with SAMtools, which the quality gate reads."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from refarch.genomics.jobs import flags, frame, tool
from refarch.genomics.jobs.arguments import Parser
from refarch.genomics.jobs.processes import pipe
from refarch.genomics.jobs.tool import Deliver, Fetch, Stage, Tool, Work

STATISTICS = "bam_stats.dat"


def _parser() -> Parser:
    parser = Parser("samtools_stats", "Statistics of an alignment with samtools stats.")
    parser.path("--bam_s3_path", "The sorted BAM.")
    parser.path("--reference_s3_path", "The reference, FASTA.")
    parser.path("--bam_stats_s3_path", "Object for the statistics.")
    parser.common("samtools stats")
    return parser


def _inputs(arguments: argparse.Namespace) -> list[Fetch]:
    return [
        Fetch(source=arguments.bam_s3_path, target=flags.BAM, kind=tool.BAM),
        Fetch(source=arguments.reference_s3_path, target=flags.REFERENCE, kind=tool.FASTA),
    ]


def _stages(work: Work) -> Iterator[Stage]:
    command = ["samtools", "stats", *work.arguments.cmd_args, "-@", str(work.limits.vcpus - 1)]
    yield Stage(pipes=[pipe([*command, "--reference", flags.REFERENCE, flags.BAM], output=STATISTICS)])


def _outputs(work: Work) -> list[Deliver]:
    return [Deliver(source=STATISTICS, target=work.arguments.bam_stats_s3_path)]


TOOL = Tool(
    program="samtools",
    step="statistics",
    parser=_parser,
    inputs=_inputs,
    stages=_stages,
    outputs=_outputs,
    room=1.1,
)


def main(argv: Sequence[str] | None = None) -> int:
    return frame.main(TOOL, argv)


if __name__ == "__main__":
    sys.exit(main())
