"""Which tools do the steps, how their jobs are called, and how large they are. No AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

STEPS = ("align", "call", "annotate", "statistics")

# Step to tool, which names the image: refarch-genomics/<tool>.
PROFILES: Mapping[str, Mapping[str, str]] = {
    "isaac-strelka": {"align": "isaac", "call": "strelka", "statistics": "samtools", "annotate": "snpeff"},
    "bwa-bcftools": {"align": "bwa", "call": "bcftools", "statistics": "samtools", "annotate": "snpeff"},
    "bwa-freebayes": {"align": "bwa", "call": "freebayes", "statistics": "samtools", "annotate": "snpeff"},
}

# Flag of a step's wrapper to the parameter of its job definition (names of the original's two generations).
FLAGS: Mapping[str, Mapping[str, str]] = {
    "align": {
        "bam_s3_folder_path": "BAMS3FolderPath",
        "fastq1_s3_path": "FastQ1S3Path",
        "fastq2_s3_path": "FastQ2S3Path",
        "reference_s3_path": "ReferenceS3Path",
    },
    "call": {
        "bam_s3_path": "BAMS3Path",
        "bai_s3_path": "BAIS3Path",
        "reference_s3_path": "ReferenceS3Path",
        "reference_index_s3_path": "ReferenceIndexS3Path",
        "vcf_s3_path": "VCFS3Path",
    },
    "annotate": {
        "vcf_s3_path": "VCFS3Path",
        "annotated_vcf_s3_path": "AnnotatedVCFS3Path",
        "database_s3_path": "DatabaseS3Path",
    },
    "statistics": {
        "bam_s3_path": "BAMS3Path",
        "reference_s3_path": "ReferenceS3Path",
        "bam_stats_s3_path": "BAMStatsS3Path",
    },
}
_COMMON = {"working_dir": "WorkingDir", "cmd_args": "CommandArgs"}
_HIGH, _LOW = "HighPriority", "LowPriority"
# As in the post: what the others wait for goes first.
QUEUES: Mapping[str, str] = {"align": _HIGH, "call": _HIGH, "annotate": _LOW, "statistics": _LOW}


@dataclass(frozen=True, kw_only=True)
class StepSize:
    """How large a step's job is."""

    vcpus: int
    memory_mib: int

    seconds_a_gib: int
    """Longest time of an attempt a GiB of FASTQ; half an hour comes on top. Several times what a job takes."""


SIZES: Mapping[str, StepSize] = {
    "align": StepSize(vcpus=32, memory_mib=80_000, seconds_a_gib=900),
    "call": StepSize(vcpus=32, memory_mib=32_000, seconds_a_gib=600),
    "annotate": StepSize(vcpus=4, memory_mib=10_000, seconds_a_gib=300),
    "statistics": StepSize(vcpus=4, memory_mib=10_000, seconds_a_gib=300),
}


def flags_of(step: str) -> dict[str, str]:
    """Flag to parameter, those that every step has last."""
    return {**FLAGS[step], **_COMMON}


def command_of(step: str) -> list[str]:
    """The words for the image's entrypoint."""
    return [word for flag, parameter in flags_of(step).items() for word in (f"--{flag}", f"Ref::{parameter}")]


def parameters_of(step: str, defaults: Mapping[str, str]) -> dict[str, str]:
    """Every parameter of a step's job definition. Batch takes no empty one, so a blank stands for none."""
    given = {name: defaults.get(name, "") for name in flags_of(step).values()}
    return {name: value if value.strip() else " " for name, value in given.items()}
