"""Annotate variants with snpEff, from the database in the image or from one in S3.

Arguments of 4.x keep working: `-t` (threads) is gone in 5.x, where it ends the program, so it is left out.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from refarch.genomics.jobs import frame, tool
from refarch.genomics.jobs.arguments import Parser
from refarch.genomics.jobs.failures import broken
from refarch.genomics.jobs.processes import pipe
from refarch.genomics.jobs.tool import Deliver, Fetch, Stage, Tool, Work

ANNOTATED, DATABASE, CONFIG = "annotated.vcf", "database", "snpEff.config"
JARS = ("/snpEff/snpEff.jar", "/usr/share/java/snpeff.jar")
"""Where an image made from a release has it, and where Debian has it; SNPEFF_JAR names another place."""
_GONE = frozenset({"-t"})


def _parser() -> Parser:
    parser = Parser("snpeff_annotate", "Annotate variants with snpEff.")
    parser.path("--vcf_s3_path", "The variants, gzip or plain.")
    parser.path("--annotated_vcf_s3_path", "Object for the annotated variants, plain.")
    text = "Folder with snpEff.config and data/GENOME. Default: the database of the image."
    parser.path("--database_s3_path", text, optional=True)
    parser.common("snpEff")
    return parser


def _inputs(arguments: argparse.Namespace) -> list[Fetch]:
    found = [Fetch(source=arguments.vcf_s3_path, target=_variants(arguments), kind=tool.VCF)]
    if arguments.database_s3_path:
        found.append(Fetch(source=arguments.database_s3_path, target=DATABASE, folder=True))
    return found


def _variants(arguments: argparse.Namespace) -> str:
    """snpEff knows by the name whether a file is compressed."""
    return "variants.vcf.gz" if arguments.vcf_s3_path.name.endswith(".gz") else "variants.vcf"


def _stages(work: Work) -> Iterator[Stage]:
    java = ["java", f"-Xmx{work.limits.heap_mib}m", "-jar", find_jar()]
    words = [word for word in work.arguments.cmd_args if word not in _GONE]
    fixed = ["-nodownload", "-noLog", "-noStats", *_database(work, words)]
    yield Stage(
        pipes=[pipe([*java, *fixed, *words, *_genome(work, words), _variants(work.arguments)], output=ANNOTATED)]
    )


def find_jar() -> str:
    """SNPEFF_JAR, or the first of `JARS` that is there."""
    return os.environ.get("SNPEFF_JAR") or next((jar for jar in JARS if Path(jar).exists()), JARS[0])


def _database(work: Work, words: Sequence[str]) -> list[str]:
    if work.arguments.database_s3_path:
        config = work.folder / DATABASE / CONFIG
        if not config.is_file():
            raise broken(work.arguments.database_s3_path, f"no {CONFIG} in this database")
        return ["-c", f"{DATABASE}/{CONFIG}", "-dataDir", str(config.parent / "data")]
    config = Path(os.environ.get("SNPEFF_CONFIG") or Path(find_jar()).with_name(CONFIG))
    return ["-c", str(config)] if config.is_file() and "-c" not in words else []


def _genome(work: Work, words: Sequence[str]) -> list[str]:
    """The genome, when the arguments name none and the database has only one."""
    data = work.folder / DATABASE / "data"
    genomes = sorted(path.name for path in data.iterdir() if path.is_dir()) if data.is_dir() else []
    return genomes if len(genomes) == 1 and genomes[0] not in words else []


def _outputs(work: Work) -> list[Deliver]:
    return [Deliver(source=ANNOTATED, target=work.arguments.annotated_vcf_s3_path)]


TOOL = Tool(
    program="snpEff",
    step="annotate",
    parser=_parser,
    inputs=_inputs,
    stages=_stages,
    outputs=_outputs,
    room=4.0,
)


def main(argv: Sequence[str] | None = None) -> int:
    return frame.main(TOOL, argv)


if __name__ == "__main__":
    sys.exit(main())
