"""Call germline variants with Strelka, the caller of the posts."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from refarch.genomics.jobs import flags, frame
from refarch.genomics.jobs.processes import pipe
from refarch.genomics.jobs.tool import Deliver, Stage, Tool, Work

RUN = "strelka"


def _stages(work: Work) -> Iterator[Stage]:
    run = work.folder / RUN
    configure = ["configureStrelkaGermlineWorkflow.py", "--bam", str(work.folder / flags.BAM)]
    configure += [
        "--referenceFasta",
        str(work.folder / flags.REFERENCE),
        "--runDir",
        str(run),
        *work.arguments.cmd_args,
    ]
    yield Stage(pipes=[pipe(configure)])
    workflow = [str(run / "runWorkflow.py"), "-m", "local", "-j", str(work.limits.vcpus), "-g", str(work.memory_gib)]
    yield Stage(pipes=[pipe(workflow)])


def _outputs(work: Work) -> list[Deliver]:
    """All of Strelka's results: variants/ (with the genome VCF) and stats/."""
    return [Deliver(source=f"{RUN}/results", target=work.arguments.vcf_s3_path, folder=True, last="variants.vcf.gz")]


TOOL = Tool(
    program="strelka",
    step="call",
    parser=lambda: flags.caller_parser("strelka_germline", "Strelka"),
    inputs=flags.caller_inputs,
    stages=_stages,
    outputs=_outputs,
    room=1.5,
)


def main(argv: Sequence[str] | None = None) -> int:
    return frame.main(TOOL, argv)


if __name__ == "__main__":
    sys.exit(main())
