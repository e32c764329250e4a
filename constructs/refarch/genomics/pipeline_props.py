"""Props of `GenomicsPipeline`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns

from refarch._shared.checks import Problems, is_known
from refarch._shared.durations import hours
from refarch.batch.environment import BatchEnvironment
from refarch.batch.job_props import BucketFolder
from refarch.genomics.profiles import PROFILES, QUEUES, SIZES, STEPS, StepSize, flags_of

THRESHOLDS = (
    "maxErrorRate",
    "minMappedPercentage",
    "minMeanCoverage",
    "minMeanQuality",
    "minProperlyPairedPercentage",
    "minReads",
    "minVariants",
)


@dataclass(frozen=True, kw_only=True)
class GenomicsPipelineProps:
    """From reads to annotated variants: what tools, on which queues, reading and writing where.

    Raises `InvalidPropsError` with every problem at once.
    """

    environment: BatchEnvironment
    """Its architecture must be that of the images."""

    inputs: Sequence[BucketFolder]
    """Where reads, references, databases and sample sheets may lie."""

    results: BucketFolder
    """Where results are written; a prefix ends in `/`."""

    profile: str = "isaac-strelka"
    """Tools: `isaac-strelka` (the post's), `bwa-bcftools` or `bwa-freebayes`."""

    images: Mapping[str, ecs.ContainerImage | str] = field(default_factory=dict)
    """Step to its image. Default: `<registry>/refarch-genomics/<tool>:<image_tag>`."""

    registry: str = ""
    """Where images are pulled from, without a slash at the end. Default: this account's ECR."""

    image_tag: str = "latest"
    """Better a version: what `latest` is may change between two samples of a cohort."""

    queues: Mapping[str, str] = field(default_factory=dict)
    """Step to the queue of the environment. Default: align and call `HighPriority`, the others `LowPriority`."""

    sizes: Mapping[str, StepSize] = field(default_factory=dict)
    """Step to its vCPUs, memory and time. Default: the post's (32/80,000, 32/32,000, 4/10,000, 4/10,000)."""

    defaults: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Step to parameters of its job, for inputs that leave them out."""

    thresholds: Mapping[str, float] = field(default_factory=lambda: {"minReads": 1, "minMappedPercentage": 80})
    """Of the quality gate; an input's `qc` goes over them."""

    attempts: int = 3
    """Attempts of a job whose instance is taken away, 1 to 10."""

    waiting: Duration = field(default_factory=lambda: hours(24))
    """How long a job may wait for an instance, besides the time that it runs."""

    share: str = ""
    """Share identifier of all jobs, where the queues have fair share."""

    submit_functions: bool = False
    """The post's two functions besides: submit a job, tell its status."""

    cohorts: bool = True
    """The state machine for sample sheets."""

    encryption_key: kms.IKey | None = None
    """For uploads. Default: S3's own keys."""

    topic: sns.ITopic | None = None
    """Gets failures and blocked queues. Default: the environment's."""

    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    """Of the log groups. DESTROY also takes the context flag refarch:remove-data-on-destroy."""

    def __post_init__(self) -> None:
        problems = Problems("GenomicsPipelineProps")
        problems.one_of("profile", self.profile, list(PROFILES))
        problems.check(bool(self.inputs), "inputs", [], "at least one")
        problems.between("attempts", self.attempts, 1, 10)
        for name in ("images", "queues", "sizes", "defaults"):
            unknown = sorted(set(getattr(self, name)) - set(STEPS))
            problems.check(not unknown, name, unknown, f"steps: {', '.join(STEPS)}")
        known = ", ".join(self.environment.queues)
        for step, queue in {**QUEUES, **self.queues}.items():
            problems.check(queue in self.environment.queues, f"queues[{step!r}]", queue, f"one of {known}")
        for name, value in self.thresholds.items():
            problems.one_of("thresholds", name, THRESHOLDS)
            problems.check(not is_known(value) or value >= 0, f"thresholds[{name!r}]", value, "0 or more")
        prefix = self.results.prefix
        problems.check(not prefix or (prefix.endswith("/") and prefix[0] != "/"), "results.prefix", prefix, "team/")
        self._check_defaults(problems)
        problems.raise_any()

    def _check_defaults(self, problems: Problems) -> None:
        for step, values in self.defaults.items():
            names = list(flags_of(step).values()) if step in STEPS else []
            for name, value in values.items():
                problems.one_of(f"defaults[{step!r}]", name, names)
                if not name.endswith("Path") or not is_known(value) or not value.strip():
                    continue
                tidy = value.startswith("s3://") and " " not in value.strip()
                problems.check(tidy, f"defaults[{step!r}][{name!r}]", value, "an S3 URI (s3://bucket/key), no spaces")

    def size(self, step: str) -> StepSize:
        return self.sizes.get(step, SIZES[step])

    def queue(self, step: str) -> str:
        return self.queues.get(step, QUEUES[step])
