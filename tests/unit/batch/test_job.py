"""BatchJob: what is repeated, what may be touched, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import Duration, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from refarch._shared.checks import InvalidPropsError
from refarch.batch import BatchJob, BatchJobProps, BucketFolder, Scratch
from refarch.batch.resources import pair_complaints

DEFINITION = "AWS::Batch::JobDefinition"


def build(bench: Any, **props: Any) -> BatchJob:
    return BatchJob(bench.stack, "Job", props=BatchJobProps(**{"image": "team/tool:1", **props}))


def definition(bench: Any) -> dict[str, Any]:
    [found] = bench.resources(DEFINITION).values()
    return found  # type: ignore[no-any-return]


def test_a_reclaim_and_a_failed_pull_are_repeated_and_an_error_of_the_job_is_not(bench: Any) -> None:
    build(bench, attempts=4)
    strategy = definition(bench)["RetryStrategy"]
    assert strategy["Attempts"] == 4
    assert strategy["EvaluateOnExit"] == [
        {"Action": "RETRY", "OnStatusReason": "Host EC2*"},
        {"Action": "RETRY", "OnReason": "CannotPullContainerError:*"},
        {"Action": "EXIT", "OnReason": "*"},
    ]


def test_earlier_revisions_stay_for_what_was_planned_with_them(bench: Any) -> None:
    build(bench)
    assert definition(bench)["ResourceRetentionPolicy"] == {"SkipDeregisterOnUpdate": True}


def test_the_job_knows_its_own_limits(bench: Any) -> None:
    """Isaac got 76 GB, Strelka 28 and snpEff 4, however large their containers were."""
    build(bench, vcpus=8, memory_mib=16_000, environment={"A": "b"})
    container = definition(bench)["ContainerProperties"]
    told = {each["Name"]: each["Value"] for each in container["Environment"]}
    assert told == {"REFARCH_VCPUS": "8", "REFARCH_MEMORY_MIB": "16000", "REFARCH_SSE": "AES256", "A": "b"}
    assert {each["Type"]: each["Value"] for each in container["ResourceRequirements"]} == {
        "VCPU": "8",
        "MEMORY": "16000",
    }


def test_scratch_is_mounted(bench: Any) -> None:
    build(bench, scratch=Scratch.ebs(100))
    container = definition(bench)["ContainerProperties"]
    assert container["MountPoints"] == [{"ContainerPath": "/scratch", "ReadOnly": False, "SourceVolume": "scratch"}]
    assert container["Volumes"] == [{"Name": "scratch", "Host": {"SourcePath": "/docker_scratch"}}]


def test_the_role_reads_and_writes_the_named_folders_and_deletes_nothing(bench: Any) -> None:
    """The original's jobs could do everything with every bucket and instance of the account."""
    bucket = s3.Bucket.from_bucket_name(bench.stack, "Data", "data")
    build(
        bench,
        reads=[BucketFolder(bucket=bucket, prefix="in/")],
        writes=[BucketFolder(bucket=bucket, prefix="out/")],
    )
    allowed = bench.actions(bench.resources("AWS::IAM::Policy"), "JobRole")
    assert set(allowed) == {"s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"}
    assert "/out/*" in str(allowed["s3:PutObject"])
    assert "/in/*" not in str(allowed["s3:PutObject"])
    assert "/in/*" in str(allowed["s3:GetObject"])


def test_a_key_goes_to_the_job_and_into_its_role(bench: Any) -> None:
    key = kms.Key(bench.stack, "Key")
    bucket = s3.Bucket(bench.stack, "Data", encryption_key=key)
    build(bench, writes=[BucketFolder(bucket=bucket)], encryption_key=key)
    told = {each["Name"]: each["Value"] for each in definition(bench)["ContainerProperties"]["Environment"]}
    assert told["REFARCH_SSE"] == "aws:kms"
    allowed = bench.actions(bench.resources("AWS::IAM::Policy"), "JobRole")
    assert {"kms:Decrypt", "kms:GenerateDataKey"} <= set(allowed)
    assert not [action for action in allowed if "*" in action]


def test_a_given_role_keeps_its_permissions(bench: Any) -> None:
    role = iam.Role.from_role_arn(bench.stack, "Given", "arn:aws:iam::111111111111:role/given")
    made = build(bench, job_role=role)
    assert made.role.role_arn == role.role_arn
    assert not [name for name in bench.resources("AWS::IAM::Policy") if name.startswith("JobRole")]


def test_a_fargate_job_has_storage_of_its_own(bench: Any) -> None:
    build(bench, platform="FARGATE", vcpus=0.5, memory_mib=2048, ephemeral_storage_gib=50)
    found = definition(bench)
    assert found["PlatformCapabilities"] == ["FARGATE"]
    assert found["ContainerProperties"]["EphemeralStorage"] == {"SizeInGiB": 50}


def test_every_problem_is_said_at_once() -> None:
    with pytest.raises(InvalidPropsError) as caught:
        BatchJobProps(
            image="x",
            command=["--in", "Ref::Input", "Ref::Other"],
            parameters={"Input": "", "Fine": "1"},
            environment={"REFARCH_VCPUS": "2"},
            vcpus=1.5,
            memory_mib=2,
            attempts=11,
            attempt_timeout=Duration.seconds(30),
            ephemeral_storage_gib=30,
        )
    text = str(caught.value)
    for word in (
        "vcpus is 1.5, allowed: a whole number, 1 or more (EC2)",
        "memory_mib is 2, allowed: 4 MiB or more",
        "attempts is 11",
        "attempt_timeout",
        "parameters is {'Input': ''}",
        "command is ['Other'], allowed: Ref:: to parameters: Input, Fine",
        "environment is ['REFARCH_VCPUS']",
        "ephemeral_storage_gib is 30, allowed: 0 on EC2",
    ):
        assert word in text


@pytest.mark.parametrize(
    ("vcpus", "memory", "allowed"),
    [
        (0.25, 512, ""),
        (0.25, 4096, "512 to 2048: 512, 1024, 2048 with 0.25 vCPUs"),
        (1, 8192, ""),
        (1, 2500, "2048 to 8192 in steps of 1024 with 1 vCPUs"),
        (8, 20_480, ""),
        (8, 17_408, "16384 to 61440 in steps of 4096"),
        (16, 122_880, ""),
        (3, 8192, "one of 0.25, 0.5, 1, 2, 4, 8, 16"),
    ],
)
def test_pairs_that_fargate_takes(vcpus: float, memory: int, allowed: str) -> None:
    found = pair_complaints("FARGATE", vcpus, memory)
    assert bool(found) is bool(allowed)
    assert allowed in (found[0][2] if found else "")


def test_tokens_are_never_compared(bench: Any) -> None:
    number: Any = Token.as_number({"Ref": "Size"})
    BatchJobProps(image="x", vcpus=number, memory_mib=number, attempts=number)
