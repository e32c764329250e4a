"""Props of `BatchJob`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3

from refarch._shared.checks import Problems, is_known
from refarch._shared.durations import hours, length
from refarch._shared.reads import objects_arn
from refarch.batch.resources import EC2, FARGATE, PLATFORMS, pair_complaints
from refarch.batch.scratch import Scratch


@dataclass(frozen=True, kw_only=True)
class BucketFolder:
    """A bucket, or what lies in it below a prefix."""

    bucket: s3.IBucket

    prefix: str = ""
    """Keys begin so; a folder ends in `/`. Default: the whole bucket."""

    def arn(self) -> str:
        """Of its objects, for a policy."""
        return objects_arn(self.bucket, f"{self.prefix}*")


@dataclass(frozen=True, kw_only=True)
class BatchJobProps:
    """A container job: what runs, with how much, and what may be tried again.

    Raises `InvalidPropsError` with every problem at once. What is known only at deployment is not checked.
    """

    image: ecs.ContainerImage | str
    """An image, or its name in a registry."""

    command: Sequence[str] = ()
    """Words for the image's entrypoint; `Ref::Name` stands for a parameter. Default: the image's own command."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    """Parameters and their defaults; none may be empty (a space will do)."""

    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables. `REFARCH_VCPUS` and `REFARCH_MEMORY_MIB` tell the job its own limits besides."""

    vcpus: float = 1
    """Whole numbers on EC2; on Fargate one of 0.25, 0.5, 1, 2, 4, 8, 16."""

    memory_mib: int = 2048
    """A hard limit: a job that takes more is killed. On Fargate only certain values go with each number of vCPUs."""

    platform: str = EC2
    """`EC2` or `FARGATE`, as the compute environment of the queue."""

    attempts: int = 3
    """1 to 10. Only attempts that the job did not fail itself are repeated: its instance was reclaimed or failed, or
    its image could not be pulled."""

    attempt_timeout: Duration = field(default_factory=lambda: hours(24))
    """One attempt's longest time, at least 60 seconds; a submission may say less or more. A timeout is not repeated."""

    scratch: Scratch | None = None
    """Mounts the environment's scratch folder. EC2 only."""

    ephemeral_storage_gib: int = 0
    """Fargate only: 21 to 200 GiB. Default: the 20 that are in the price."""

    reads: Sequence[BucketFolder] = ()
    """What the job may list and read."""

    writes: Sequence[BucketFolder] = ()
    """What the job may read, write and replace; it may not delete."""

    encryption_key: kms.IKey | None = None
    """Key for uploads (`REFARCH_SSE=aws:kms`). Default: S3's own keys (`REFARCH_SSE=AES256`)."""

    job_role: iam.IRole | None = None
    """Its permissions stay as they are. Default: a new role with `reads` and `writes`."""

    read_only_root: bool = False
    """The container's own filesystem cannot be written; only the scratch folder can."""

    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    """Of the log group. DESTROY also takes the context flag refarch:remove-data-on-destroy."""

    def __post_init__(self) -> None:
        problems = Problems("BatchJobProps")
        problems.one_of("platform", self.platform, PLATFORMS)
        if is_known(self.vcpus) and is_known(self.memory_mib):
            for name, value, allowed in pair_complaints(self.platform, self.vcpus, self.memory_mib):
                problems.add(name, value, allowed)
        problems.between("attempts", self.attempts, 1, 10)
        if (known := length(self.attempt_timeout)) is not None:
            problems.check(known >= 60, "attempt_timeout", f"{known:g} seconds", "60 seconds or more")
        self._check_words(problems)
        self._check_platform(problems)
        problems.raise_any()

    def _check_words(self, problems: Problems) -> None:
        empty = [name for name, value in self.parameters.items() if value == ""]
        problems.check(not empty, "parameters", dict.fromkeys(empty, ""), "a value; Batch takes no empty one")
        named = [word.removeprefix("Ref::") for word in self.command if is_known(word) and word.startswith("Ref::")]
        unknown = [name for name in named if name not in self.parameters]
        problems.check(not unknown, "command", unknown, f"Ref:: to parameters: {', '.join(self.parameters) or 'none'}")
        own = sorted(set(self.environment) & {"REFARCH_VCPUS", "REFARCH_MEMORY_MIB"})
        problems.check(not own, "environment", own, "variables that are not the construct's own")

    def _check_platform(self, problems: Problems) -> None:
        if self.platform == FARGATE:
            problems.check(self.scratch is None, "scratch", "a host folder", "none on Fargate: ephemeral_storage_gib")
            if self.ephemeral_storage_gib:
                problems.between("ephemeral_storage_gib", self.ephemeral_storage_gib, 21, 200, "GiB")
        else:
            problems.check(
                not self.ephemeral_storage_gib, "ephemeral_storage_gib", self.ephemeral_storage_gib, "0 on EC2: scratch"
            )
