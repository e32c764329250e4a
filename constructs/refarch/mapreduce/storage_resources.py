"""Buckets and network of a MapReduce."""

from __future__ import annotations

from typing import Any, cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from constructs import Construct

from refarch._shared.acknowledge import acknowledge
from refarch._shared.checks import InvalidPropsError
from refarch._shared.durations import days
from refarch._shared.reads import read, stack_of
from refarch.mapreduce.props import MapReduceProps

_SHUFFLE_DAYS = 3
_ENDPOINT = "RefarchS3Endpoint"


def job_bucket(scope: Construct, id: str, props: MapReduceProps, removal_policy: RemovalPolicy) -> s3.Bucket:
    """A private bucket in which intermediate data, and in the end the jobs themselves, expire."""
    rules = [
        s3.LifecycleRule(
            id="IntermediateData",
            prefix=f"{props.prefix}shuffle/",
            expiration=days(_SHUFFLE_DAYS),
            abort_incomplete_multipart_upload_after=days(1),
        )
    ]
    if props.job_retention is not None:
        rules.append(
            s3.LifecycleRule(
                id="Jobs",
                prefix=f"{props.prefix}jobs/",
                expiration=props.job_retention,
                abort_incomplete_multipart_upload_after=days(1),
            )
        )
    bucket = s3.Bucket(
        scope, id, **{**_private(removal_policy), "lifecycle_rules": rules, **props.job_bucket_overrides}
    )
    if "server_access_logs_bucket" not in props.job_bucket_overrides:
        acknowledge(
            bucket,
            "AwsSolutions-S1",
            "Only this system's functions and driver use the bucket, and jobs expire; logs of each of their requests "
            "would cost more than the jobs. On with job_bucket_overrides: server_access_logs_bucket",
        )
    return bucket


def check_stack(scope: Construct, bucket: s3.IBucket) -> None:
    """Raises `InvalidPropsError` for a job bucket that another stack of the app makes.

    Its notifications would be made there too, with our queue: each stack would need the other first.
    """
    if isinstance(bucket, s3.Bucket) and stack_of(bucket) is not stack_of(scope):
        raise InvalidPropsError(
            f"MapReduceProps: job_bucket is {bucket.node.path!r}, allowed: a bucket of the same stack, or an imported "
            "one (Bucket.from_bucket_name)"
        )


def input_bucket(scope: Construct, id: str, removal_policy: RemovalPolicy) -> s3.Bucket:
    """A private bucket for the data that jobs read."""
    bucket = s3.Bucket(
        scope,
        id,
        **_private(removal_policy),
        lifecycle_rules=[s3.LifecycleRule(abort_incomplete_multipart_upload_after=days(1))],
    )
    acknowledge(
        bucket,
        "AwsSolutions-S1",
        "A bucket to begin with: who must log access to the data gives a bucket of their own that does, with `inputs`",
    )
    return bucket


def _private(removal_policy: RemovalPolicy) -> dict[str, Any]:
    return {
        "block_public_access": read(s3.BlockPublicAccess, "BLOCK_ALL"),
        "object_ownership": s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        "encryption": s3.BucketEncryption.S3_MANAGED,
        "enforce_ssl": True,
        "removal_policy": removal_policy,
    }


def s3_endpoint(vpc: ec2.IVpc) -> ec2.GatewayVpcEndpoint | None:
    """The gateway endpoint by which functions in private subnets reach S3 without a NAT gateway.

    One a VPC, for a route table takes no second one: it belongs to the VPC, and the first construct that asks makes
    it. None for a VPC that this app does not make: what that has is not known here.
    """
    if not isinstance(vpc, ec2.Vpc):
        return None
    found = cast("ec2.GatewayVpcEndpoint | None", vpc.node.try_find_child(_ENDPOINT))
    return found or vpc.add_gateway_endpoint(_ENDPOINT, service=ec2.GatewayVpcEndpointAwsService.S3)


def security_group(scope: Construct, id: str, vpc: ec2.IVpc) -> ec2.SecurityGroup:
    """Outwards HTTPS only. S3's addresses are public ones; in a subnet without a NAT gateway nothing else answers."""
    group = ec2.SecurityGroup(
        scope, id, vpc=vpc, allow_all_outbound=False, description="MapReduce functions: HTTPS to S3"
    )
    group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS to the S3 gateway endpoint")
    return group
