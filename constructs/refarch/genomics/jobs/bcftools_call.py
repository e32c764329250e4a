"""Call variants with BCFtools, one process for each batch of sequences."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from refarch.genomics.jobs import batches, flags, frame
from refarch.genomics.jobs.tool import Stage, Tool, Work


def _stages(work: Work) -> Iterator[Stage]:
    def caller(bed: str) -> list[list[str]]:
        pile = ["bcftools", "mpileup", "--no-version", "-f", flags.REFERENCE, "-R", bed, "-a", "FORMAT/AD,FORMAT/DP"]
        call = ["bcftools", "call", "--no-version", "-m", "-v", "-Ov", "-"]
        return [[*pile, "-Ou", *work.arguments.cmd_args, flags.BAM], call]

    yield from batches.stages(work, caller)


TOOL = Tool(
    program="bcftools",
    step="call",
    parser=lambda: flags.caller_parser("bcftools_call", "BCFtools (mpileup)"),
    inputs=flags.caller_inputs,
    stages=_stages,
    outputs=flags.caller_outputs,
    room=1.3,
)


def main(argv: Sequence[str] | None = None) -> int:
    return frame.main(TOOL, argv)


if __name__ == "__main__":
    sys.exit(main())
