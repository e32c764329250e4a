"""Settings of the Genomics stack."""

from __future__ import annotations

from dataclasses import dataclass

from refarch.genomics.profiles import SIZES, StepSize
from stacks.settings import InvalidSettingsError


@dataclass(frozen=True, kw_only=True)
class GenomicsSettings:
    """Settings of the stack: `-c Genomics.<name>=<value>`."""

    profile: str = "isaac-strelka"
    """Tools: `isaac-strelka` (the post's), `bwa-bcftools`, `bwa-freebayes`."""

    registry: str = ""
    """Where images are pulled from (`<registry>/refarch-genomics/<tool>:<image_tag>`). Default: this account's ECR."""

    image_tag: str = "latest"

    input_bucket: str = ""
    """Name of an existing bucket with reads, references and sample sheets. Default: a new one."""

    input_prefix: str = ""
    """Only objects whose key begins so may be read; with input_bucket."""

    results_bucket: str = ""
    """Name of an existing bucket for results. Default: a new one."""

    results_prefix: str = ""
    """Folder for results, ending in `/`."""

    reference: str = ""
    """s3:// URI of the reference (.fa) for inputs that name none."""

    aligner_reference: str = ""
    """s3:// URI of the aligner's own index of it. Default: `reference`."""

    database: str = ""
    """s3:// URI of the folder with an annotation database. Default: the image's own."""

    annotate_args: str = "-t hg38"
    align_args: str = ""
    call_args: str = ""

    sample: str = "NA12878"
    """Sample of the outputs FullWorkflowInput and MinimalWorkflowInput."""

    sample_fastq1: str = ""
    sample_fastq2: str = ""

    max_vcpus: int = 256
    max_on_demand_vcpus: int = 256
    instance_types: str = ""
    """Families, types or `optimal`, with commas between. Default: six x86_64 families."""

    scratch_gb: int = 1000
    instance_store: bool = False
    """Scratch on the instances' own NVMe disks; name families with a `d` then."""

    fair_share: bool = False
    """Shares instead of first in, first out: runs of this stack are the share `genomics`."""

    align_vcpus: int = SIZES["align"].vcpus
    align_memory_mib: int = SIZES["align"].memory_mib
    call_vcpus: int = SIZES["call"].vcpus
    call_memory_mib: int = SIZES["call"].memory_mib
    annotate_vcpus: int = SIZES["annotate"].vcpus
    annotate_memory_mib: int = SIZES["annotate"].memory_mib
    statistics_vcpus: int = SIZES["statistics"].vcpus
    statistics_memory_mib: int = SIZES["statistics"].memory_mib
    attempts: int = 3

    min_mapped_percentage: float = 80
    max_error_rate: float = 1
    min_mean_coverage: float = 0
    min_variants: int = 0
    """0 asks nothing; more reads the VCF."""

    submit_functions: bool = False
    """The post's functions to submit a job and to tell its status."""

    private_network: bool = False
    """Instances without public addresses, with VPC endpoints that cost by the hour. Default: public subnets that nobody
    can enter, which cost nothing while no job runs."""

    remove_data: bool = False
    """Buckets and logs go with the stack; also takes `-c refarch:remove-data-on-destroy=true`."""

    def __post_init__(self) -> None:
        if self.input_prefix and not self.input_bucket:
            raise InvalidSettingsError(f"input_prefix is {self.input_prefix!r}, allowed: none without input_bucket")

    def sizes(self) -> dict[str, StepSize]:
        return {
            step: StepSize(
                vcpus=getattr(self, f"{step}_vcpus"),
                memory_mib=getattr(self, f"{step}_memory_mib"),
                seconds_a_gib=size.seconds_a_gib,
            )
            for step, size in SIZES.items()
        }

    def thresholds(self) -> dict[str, float]:
        found = {"minReads": 1, "minMappedPercentage": self.min_mapped_percentage, "maxErrorRate": self.max_error_rate}
        optional = {"minMeanCoverage": self.min_mean_coverage, "minVariants": self.min_variants}
        return {**found, **{name: value for name, value in optional.items() if value}}

    def defaults(self, results: str) -> dict[str, dict[str, str]]:
        """Step to parameters of its job, for inputs that leave them out."""
        return {
            "align": {
                "FastQ1S3Path": self.sample_fastq1,
                "FastQ2S3Path": self.sample_fastq2,
                "ReferenceS3Path": self.aligner_reference or self.reference,
                "BAMS3FolderPath": f"{results}/{self.sample}/bam",
                "CommandArgs": arguments(self.align_args),
            },
            "call": {"ReferenceS3Path": self.reference, "CommandArgs": arguments(self.call_args)},
            "statistics": {"ReferenceS3Path": self.reference},
            "annotate": {"DatabaseS3Path": self.database, "CommandArgs": arguments(self.annotate_args)},
        }


def arguments(text: str) -> str:
    """With spaces around: a tool's arguments are then never taken for a flag of its wrapper."""
    return f" {text.strip()} " if text.strip() else ""
