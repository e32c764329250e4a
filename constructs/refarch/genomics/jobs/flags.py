"""The flags and files that tools of one step share: aligners take the same as Isaac, callers the same as Strelka."""

from __future__ import annotations

import argparse

from refarch.genomics.jobs import tool
from refarch.genomics.jobs.arguments import Parser
from refarch.genomics.jobs.tool import Deliver, Fetch, Work

FIRST, SECOND = "fastq/lane1_read1.fastq.gz", "fastq/lane1_read2.fastq.gz"
"""The names that Isaac asks for; the others do not mind."""
REFERENCE, BAM = "reference.fa", "sorted.bam"
VARIANTS = "variants/variants.vcf.gz"


def aligner_parser(program: str, name: str) -> Parser:
    parser = Parser(program, f"Align paired reads with {name}: two FASTQ files in, a sorted BAM with its index out.")
    parser.path("--bam_s3_folder_path", "Folder for sorted.bam and sorted.bam.bai.")
    parser.path("--fastq1_s3_path", "FASTQ with the first reads, gzip or plain.")
    parser.path("--fastq2_s3_path", "FASTQ with the second reads.")
    parser.path("--reference_s3_path", "The reference: Isaac's folder, or a FASTA with its index files beside it.")
    parser.common(name, memory=True)
    return parser


def caller_parser(program: str, name: str) -> Parser:
    parser = Parser(program, f"Call variants with {name}: a sorted BAM in, variants/variants.vcf.gz out.")
    parser.path("--bam_s3_path", "The sorted BAM.")
    parser.path("--bai_s3_path", "Its index.")
    parser.path("--vcf_s3_path", "Folder for the results.")
    parser.path("--reference_s3_path", "The reference, FASTA.")
    parser.path("--reference_index_s3_path", "Its index. Default: the reference and .fai.", optional=True)
    parser.common(name, memory=True)
    return parser


def reads(arguments: argparse.Namespace) -> list[Fetch]:
    """Both FASTQ files."""
    return [
        Fetch(source=arguments.fastq1_s3_path, target=FIRST, kind=tool.FASTQ),
        Fetch(source=arguments.fastq2_s3_path, target=SECOND, kind=tool.FASTQ),
    ]


def caller_inputs(arguments: argparse.Namespace) -> list[Fetch]:
    """BAM and reference with their indexes."""
    reference = arguments.reference_s3_path
    index = arguments.reference_index_s3_path or type(reference)(reference.bucket, f"{reference.key}.fai")
    return [
        Fetch(source=arguments.bam_s3_path, target=BAM, kind=tool.BAM),
        Fetch(source=arguments.bai_s3_path, target=f"{BAM}.bai"),
        Fetch(source=reference, target=REFERENCE, kind=tool.FASTA),
        Fetch(source=index, target=f"{REFERENCE}.fai", kind=tool.INDEX),
    ]


def caller_outputs(work: Work) -> list[Deliver]:
    """The variants and their index, the index first."""
    target = work.arguments.vcf_s3_path
    return [Deliver(source=name, target=target.join(name)) for name in (f"{VARIANTS}.tbi", VARIANTS)]


def sample_of(work: Work, folder_key: str) -> str:
    """The sample's name: told by the environment, else the folder above the results'."""
    above = folder_key.rstrip("/").split("/")[:-1]
    return work.sample or (above[-1] if above else "sample")
