"""What a tool of the pipeline is to the frame that runs it: inputs, commands, outputs. Each is decided without S3."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from refarch.genomics.jobs.arguments import Parser
from refarch.genomics.jobs.limits import Limits
from refarch.genomics.jobs.processes import Pipe
from refarch_lambdas.genomics.s3_uris import S3Uri

ANY, FASTQ, BAM, VCF, FASTA, INDEX = "any", "fastq", "bam", "vcf", "fasta", "index"


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """An input: where it is, where it goes (relative to the job's folder), and what it must be.

    `folder` takes everything below `source`; `companions` what begins like it and a dot (indexes), if anything does.
    """

    source: S3Uri
    target: str
    kind: str = ANY
    folder: bool = False
    companions: bool = False


@dataclass(frozen=True, kw_only=True)
class Deliver:
    """A result: a file to an object, or all files of a folder below one. The order of a job's results is kept."""

    source: str
    target: S3Uri
    folder: bool = False
    last: str | None = None
    """Of a folder: the file that goes last, so that whoever finds it finds the others as well."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Pipes that may run side by side, `at_once` of them."""

    pipes: Sequence[Pipe]
    at_once: int = 1


@dataclass(frozen=True, kw_only=True)
class Work:
    """A job's surroundings: its private folder, its limits, the sample's name and its arguments."""

    folder: Path
    limits: Limits
    sample: str
    arguments: argparse.Namespace

    @property
    def memory_gib(self) -> int:
        """Memory for the tool: as asked for, else what the job has."""
        return int(getattr(self.arguments, "memory", None) or self.limits.tool_gib)


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One tool. `room` estimates scratch space: so many bytes for each byte of input."""

    program: str
    step: str
    parser: Callable[[], Parser]
    inputs: Callable[[argparse.Namespace], list[Fetch]]
    stages: Callable[[Work], Iterator[Stage]]
    outputs: Callable[[Work], list[Deliver]]
    room: float = 1.5
