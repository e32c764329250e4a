"""Buckets for a genomics pipeline that has none yet."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from refarch._shared.acknowledge import acknowledge
from refarch._shared.durations import days
from refarch._shared.reads import read


def data_bucket(scope: Construct, id: str, removal: RemovalPolicy) -> s3.Bucket:
    """A private, encrypted bucket that keeps what is in it; uploads that were broken off go after a week."""
    made = s3.Bucket(
        scope,
        id,
        block_public_access=read(s3.BlockPublicAccess, "BLOCK_ALL"),
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        removal_policy=removal,
        lifecycle_rules=[s3.LifecycleRule(abort_incomplete_multipart_upload_after=days(7))],
    )
    acknowledge(
        made,
        "AwsSolutions-S1",
        "A bucket to begin with: who must log access to genomes gives a bucket of their own that does",
    )
    return made
