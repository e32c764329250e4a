"""Align with Isaac, the aligner of the posts: its own folder of reference files in, a sorted BAM out."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from refarch.genomics.jobs import flags, frame
from refarch.genomics.jobs.failures import broken
from refarch.genomics.jobs.processes import pipe
from refarch.genomics.jobs.tool import Deliver, Fetch, Stage, Tool, Work

FOLDER, CATALOGUE = "reference", "sorted-reference.xml"
RESULTS = "Projects/default/default"
_FILE = re.compile(r"(<File>)[^<]*/([^</]+)(</File>)")


def localized(catalogue: str, folder: Path) -> str:
    """Isaac's catalogue of the reference with every file in `folder`: it names them where they were made."""
    moved = _FILE.sub(lambda found: f"{found[1]}{folder}/{found[2]}{found[3]}", catalogue)
    return re.sub(r"(?<=[\s>\"'])/scratch(?=/)", str(folder), moved)


def _inputs(arguments: argparse.Namespace) -> list[Fetch]:
    return [*flags.reads(arguments), Fetch(source=arguments.reference_s3_path, target=FOLDER, folder=True)]


def _stages(work: Work) -> Iterator[Stage]:
    folder = work.folder / FOLDER
    catalogue = folder / CATALOGUE
    if not catalogue.is_file():
        raise broken(work.arguments.reference_s3_path, f"no {CATALOGUE} in it: is it a folder prepared for Isaac?")
    catalogue.write_text(localized(catalogue.read_text(), folder))
    command = ["isaac-align", "-r", str(catalogue), "-b", str(work.folder / "fastq"), "--base-calls-format", "fastq-gz"]
    command += ["-o", str(work.folder), "-m", str(work.memory_gib), "-j", str(work.limits.vcpus)]
    yield Stage(pipes=[pipe([*command, *work.arguments.cmd_args])])


def _outputs(work: Work) -> list[Deliver]:
    return [Deliver(source=RESULTS, target=work.arguments.bam_s3_folder_path, folder=True, last=flags.BAM)]


TOOL = Tool(
    program="isaac-align",
    step="align",
    parser=lambda: flags.aligner_parser("isaac_align", "Isaac"),
    inputs=_inputs,
    stages=_stages,
    outputs=_outputs,
    room=4.0,
)


def main(argv: Sequence[str] | None = None) -> int:
    return frame.main(TOOL, argv)


if __name__ == "__main__":
    sys.exit(main())
