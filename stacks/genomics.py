"""The Genomics stack: secondary analysis on AWS Batch, from reads to annotated variants."""

from __future__ import annotations

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct

from refarch._shared.reads import read
from refarch._shared.removal import REMOVE_DATA_CONTEXT, removal_allowed, removal_policy
from refarch.batch import BatchEnvironment, BatchEnvironmentProps, BucketFolder, FairShare, QueueProps, Scratch
from refarch.genomics import GenomicsPipeline, GenomicsPipelineProps
from refarch.genomics.network import genomics_network
from refarch.genomics.storage import data_bucket
from stacks.genomics_settings import GenomicsSettings, arguments
from stacks.settings import InvalidSettingsError, load_settings


class GenomicsStack(Stack):
    """Outputs: the original's (FullWorkflowInput, MinimalWorkflowInput, JobResultsBucket), and what the CLI reads."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, description="refarch: genomics on AWS Batch")
        self.settings = settings = load_settings(GenomicsSettings, id, read(self, "node").get_all_context())
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
        results = f"s3://{read(self.results_bucket, 'bucket_name')}/{settings.results_prefix}".rstrip("/")
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
            "SampleMachineArn": read(workflow.machine, "state_machine_arn"),
            "CohortMachineArn": read(workflow.cohort_machine, "state_machine_arn") if workflow.cohort_machine else None,
            "InputBucketName": read(self.input_bucket, "bucket_name"),
            "ResultsBucketName": read(self.results_bucket, "bucket_name"),
            "JobResultsBucket": read(self.results_bucket, "bucket_name"),
            "HighPriorityQueueArn": read(queues["HighPriority"], "job_queue_arn"),
            "LowPriorityQueueArn": read(queues["LowPriority"], "job_queue_arn"),
            "TopicArn": read(self.pipeline.topic, "topic_arn"),
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
        folder = f"s3://{read(self.results_bucket, 'bucket_name')}/{settings.results_prefix}{settings.sample}"
        reads = f"s3://{read(self.input_bucket, 'bucket_name')}/{settings.input_prefix}fastq/{settings.sample}"
        reference = (
            settings.reference
            or f"s3://{read(self.input_bucket, 'bucket_name')}/{settings.input_prefix}reference/hg38.fa"
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
                "CommandArgs": arguments(settings.annotate_args) or " ",
            },
        }
