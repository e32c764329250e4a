"""The Genomics stack: secondary analysis on AWS Batch, from reads to annotated variants."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct

from refarch._shared.removal import REMOVE_DATA_CONTEXT, removal_allowed, removal_policy
from refarch.batch import BatchEnvironment, BatchEnvironmentProps, BucketFolder, FairShare, QueueProps, Scratch
from refarch.genomics import GenomicsPipeline, GenomicsPipelineProps, StepSize
from refarch.genomics.network import genomics_network
from refarch.genomics.profiles import SIZES
from refarch.genomics.storage import data_bucket
from stacks.settings import InvalidSettingsError, load_settings


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
                "CommandArgs": _arguments(self.align_args),
            },
            "call": {"ReferenceS3Path": self.reference, "CommandArgs": _arguments(self.call_args)},
            "statistics": {"ReferenceS3Path": self.reference},
            "annotate": {"DatabaseS3Path": self.database, "CommandArgs": _arguments(self.annotate_args)},
        }


def _arguments(text: str) -> str:
    """With spaces around: a tool's arguments are then never taken for a flag of its wrapper."""
    return f" {text.strip()} " if text.strip() else ""


class GenomicsStack(Stack):
    """Outputs: the original's (FullWorkflowInput, MinimalWorkflowInput, JobResultsBucket), and what the CLI reads."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, description="refarch: genomics on AWS Batch")
        self.settings = settings = load_settings(GenomicsSettings, id, self.node.get_all_context())
        if settings.remove_data and not removal_allowed(self):
            raise InvalidSettingsError(f"{id}.remove_data is True, allowed: with -c {REMOVE_DATA_CONTEXT}=true besides")
        self._removal = removal_policy(self, RemovalPolicy.DESTROY if settings.remove_data else RemovalPolicy.RETAIN)
        self.input_bucket = self._bucket("Input", settings.input_bucket)
        self.results_bucket = self._bucket("Results", settings.results_bucket)
        self.batch = BatchEnvironment(self, "Environment", props=self._environment_props())
        self.pipeline = GenomicsPipeline(self, "Genomics", props=self._pipeline_props())
        self._outputs()

    def _bucket(self, id: str, name: str) -> s3.IBucket:
        if name:
            return s3.Bucket.from_bucket_name(self, f"Existing{id}", name)
        return data_bucket(self, id, self._removal)

    def _environment_props(self) -> BatchEnvironmentProps:
        settings = self.settings
        share = FairShare(weights={"genomics": 1.0}) if settings.fair_share else None
        return BatchEnvironmentProps(
            vpc=genomics_network(self, "Network", private=settings.private_network),
            public_ip=not settings.private_network,
            architecture="x86_64",
            instance_types=[each.strip() for each in settings.instance_types.split(",") if each.strip()],
            max_vcpus=settings.max_vcpus,
            max_on_demand_vcpus=settings.max_on_demand_vcpus,
            scratch=Scratch.instance_store() if settings.instance_store else Scratch.ebs(settings.scratch_gb),
            queues=[
                QueueProps(id="HighPriority", priority=1000, fair_share=share),
                QueueProps(id="LowPriority", priority=1, fair_share=share),
            ],
        )

    def _pipeline_props(self) -> GenomicsPipelineProps:
        settings = self.settings
        results = f"s3://{self.results_bucket.bucket_name}/{settings.results_prefix}".rstrip("/")
        return GenomicsPipelineProps(
            environment=self.batch,
            inputs=[BucketFolder(bucket=self.input_bucket, prefix=settings.input_prefix)],
            results=BucketFolder(bucket=self.results_bucket, prefix=settings.results_prefix),
            profile=settings.profile,
            registry=settings.registry,
            image_tag=settings.image_tag,
            sizes=settings.sizes(),
            defaults=settings.defaults(results),
            thresholds=settings.thresholds(),
            attempts=settings.attempts,
            share="genomics" if settings.fair_share else "",
            submit_functions=settings.submit_functions,
            removal_policy=self._removal,
        )

    def _outputs(self) -> None:
        workflow, queues = self.pipeline.workflow, self.batch.queues
        found = {
            "SampleMachineArn": workflow.machine.state_machine_arn,
            "CohortMachineArn": workflow.cohort_machine.state_machine_arn if workflow.cohort_machine else None,
            "InputBucketName": self.input_bucket.bucket_name,
            "ResultsBucketName": self.results_bucket.bucket_name,
            "JobResultsBucket": self.results_bucket.bucket_name,
            "HighPriorityQueueArn": queues["HighPriority"].job_queue_arn,
            "LowPriorityQueueArn": queues["LowPriority"].job_queue_arn,
            "TopicArn": self.pipeline.topic.topic_arn,
            "DashboardName": self.pipeline.dashboard.dashboard_name,
            "FullWorkflowInput": self.to_json_string(self._full_input()),
            "MinimalWorkflowInput": '{"isaac": {}, "strelka": {}, "samtools": {}, "snpeff": {}}',
            "SubmitFunctionName": self.pipeline.submit.function.function_name if self.pipeline.submit else None,
            "StatusFunctionName": self.pipeline.status.function.function_name if self.pipeline.status else None,
        }
        for name, value in found.items():
            if value is not None:
                CfnOutput(self, name, value=value)

    def _full_input(self) -> dict[str, dict[str, str]]:
        """An input in the shape of the original's second generation, with two different FASTQ files."""
        settings = self.settings
        folder = f"s3://{self.results_bucket.bucket_name}/{settings.results_prefix}{settings.sample}"
        reads = f"s3://{self.input_bucket.bucket_name}/{settings.input_prefix}fastq/{settings.sample}"
        reference = (
            settings.reference or f"s3://{self.input_bucket.bucket_name}/{settings.input_prefix}reference/hg38.fa"
        )
        bam = f"{folder}/bam/sorted.bam"
        return {
            "isaac": {
                "JobName": "isaac1",
                "FastQ1S3Path": settings.sample_fastq1 or f"{reads}_1.fastq.gz",
                "FastQ2S3Path": settings.sample_fastq2 or f"{reads}_2.fastq.gz",
                "BAMS3FolderPath": f"{folder}/bam",
                "ReferenceS3Path": settings.aligner_reference or reference,
            },
            "strelka": {
                "JobName": "strelka1",
                "BAMS3Path": bam,
                "BAIS3Path": f"{bam}.bai",
                "VCFS3Path": f"{folder}/vcf",
                "ReferenceS3Path": reference,
                "ReferenceIndexS3Path": f"{reference}.fai",
            },
            "samtools": {
                "JobName": "samtools1",
                "BAMS3Path": bam,
                "ReferenceS3Path": reference,
                "BAMStatsS3Path": f"{bam}.stats",
            },
            "snpeff": {
                "JobName": "snpeff1",
                "VCFS3Path": f"{folder}/vcf/variants/variants.vcf.gz",
                "AnnotatedVCFS3Path": f"{folder}/vcf/variants.anno.vcf",
                "CommandArgs": _arguments(settings.annotate_args) or " ",
            },
        }
