"""The BatchJob construct."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any

from aws_cdk import Fn, Size
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from refarch._shared.reads import arn, inside, read, service
from refarch._shared.removal import removal_policy
from refarch._shared.written_role import Statement, WrittenRole
from refarch.batch.job_props import BatchJobProps
from refarch.batch.resources import FARGATE

_OBJECTS = "Keys are chosen when a job is submitted; the buckets and the folders in them are fixed here"


class BatchJob(Construct):
    """A container job that is tried again when its instance is taken away, and not when it fails by itself.

    ::

        attempt ends --> "Host EC2 ..." (reclaimed, failed)   --> again, up to `attempts`
                     --> "CannotPullContainerError: ..."      --> again
                     --> anything else (exit code, memory)    --> FAILED

    The job's role reads and writes the folders that were named, and nothing else. Earlier revisions stay active over
    updates, so what was submitted with one still runs. It leaves out GPUs, arrays (say so at submission) and several
    containers.

    Source: "Building High-Throughput Genomics Batch Workflows on AWS", part 3, AWS Compute Blog, 2017.
    """

    definition: batch.EcsJobDefinition
    container: batch.IEcsContainerDefinition
    role: iam.IRole
    log_group: logs.LogGroup

    def __init__(self, scope: Construct, id: str, *, props: BatchJobProps) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.props = props
        self.role = props.job_role or self._make_role(props)
        self.log_group = logs.LogGroup(
            self, "Logs", retention=props.log_retention, removal_policy=removal_policy(self, props.removal_policy)
        )
        self.container = self._make_container(props)
        self.definition = batch.EcsJobDefinition(
            self,
            "Definition",
            container=self.container,
            parameters=dict(props.parameters) or None,
            retry_attempts=props.attempts,
            retry_strategies=_retries(),
            timeout=props.attempt_timeout,
            propagate_tags=True,
            skip_deregister_on_update=True,
        )

    @cached_property
    def all_revisions_arn(self) -> str:
        """For policies: what was planned before an update is submitted with an earlier revision."""
        name = Fn.select(5, Fn.split(":", read(self.definition, "job_definition_arn")))
        return arn(self, "batch", f"{name}:*")

    def _make_role(self, props: BatchJobProps) -> iam.Role:
        role = WrittenRole(self, "Role", assumed_by=service("ecs-tasks.amazonaws.com"))
        if statements := _statements(props):
            role.allow(statements)
        for folder in (*props.reads, *props.writes):
            if (key := read(folder.bucket, "encryption_key")) is not None:
                key.grant(role, "kms:Decrypt")
        keys = {read(each.bucket, "encryption_key") for each in props.writes} | {props.encryption_key}
        for key in filter(None, keys):
            key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")
        return role

    def _make_container(self, props: BatchJobProps) -> batch.IEcsContainerDefinition:
        image = ecs.ContainerImage.from_registry(props.image) if isinstance(props.image, str) else props.image
        arguments: dict[str, Any] = {
            "image": image,
            "cpu": props.vcpus,
            "memory": Size.mebibytes(props.memory_mib),
            "command": list(props.command) or None,
            "environment": {**_environment(props), **props.environment},
            "job_role": self.role,
            "logging": ecs.LogDriver.aws_logs(stream_prefix="job", log_group=self.log_group),
            "readonly_root_filesystem": props.read_only_root,
        }
        if props.platform == FARGATE:
            if props.ephemeral_storage_gib:
                arguments["ephemeral_storage_size"] = Size.gibibytes(props.ephemeral_storage_gib)
            return batch.EcsFargateContainerDefinition(self, "Container", **arguments)
        if props.scratch is not None:
            arguments["volumes"] = [
                batch.EcsVolume.host(
                    name="scratch",
                    container_path=props.scratch.container_folder,
                    host_path=props.scratch.host_folder,
                    readonly=False,
                )
            ]
        return batch.EcsEc2ContainerDefinition(self, "Container", **arguments)


def _environment(props: BatchJobProps) -> dict[str, str]:
    found = {
        "REFARCH_VCPUS": f"{props.vcpus:g}",
        "REFARCH_MEMORY_MIB": f"{props.memory_mib:g}",
        "REFARCH_SSE": "AES256",
    }
    if props.encryption_key is not None:
        found |= {"REFARCH_SSE": "aws:kms", "REFARCH_SSE_KMS_KEY_ID": read(props.encryption_key, "key_arn")}
    return found


@cache
def _retries() -> list[batch.RetryStrategy]:
    """The first that fits decides; the last fits everything, else Batch would repeat what failed by itself."""
    again, end = batch.Action.RETRY, batch.Action.EXIT
    return [
        batch.RetryStrategy.of(again, batch.Reason.SPOT_INSTANCE_RECLAIMED),
        batch.RetryStrategy.of(again, batch.Reason.CANNOT_PULL_CONTAINER),
        batch.RetryStrategy.of(end, batch.Reason.custom(on_reason="*")),
    ]


def _statements(props: BatchJobProps) -> list[Statement]:
    folders = [*props.reads, *props.writes]
    if not folders:
        return []
    buckets = list(dict.fromkeys(read(each.bucket, "bucket_arn") for each in folders))
    found = [
        # Without it S3 answers "forbidden" where an object is missing, and nobody sees that a path is wrong.
        Statement(sid="FindObjects", actions=["s3:ListBucket"], resources=buckets),
        Statement(sid="ReadObjects", actions=["s3:GetObject"], resources=_arns(folders), why=_OBJECTS),
    ]
    if props.writes:
        actions = ["s3:AbortMultipartUpload", "s3:PutObject"]
        found.append(Statement(sid="WriteObjects", actions=actions, resources=_arns(props.writes), why=_OBJECTS))
    return found


def _arns(folders: Any) -> list[str]:
    return list(dict.fromkeys(each.arn() for each in folders))
