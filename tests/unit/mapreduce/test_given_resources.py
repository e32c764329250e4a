"""What is given to a MapReduce: networks, buckets and keys of others, which it leaves as they are."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as s3_notifications
from aws_cdk import aws_sqs as sqs

from refarch._shared.checks import InvalidPropsError
from refarch.mapreduce import MapReduce, MapReduceInput, MapReduceProps

FUNCTION = "AWS::Lambda::Function"


def test_two_share_a_vpc_and_its_one_endpoint(bench: Any) -> None:
    vpc = ec2.Vpc(bench.stack, "Vpc", nat_gateways=0)
    first, second = (MapReduce(bench.stack, id, props=MapReduceProps(vpc=vpc)) for id in "AB")
    assert len(bench.resources("AWS::EC2::VPCEndpoint")) == 1
    assert first.s3_endpoint.node.path == second.s3_endpoint.node.path  # type: ignore[union-attr]


def test_the_network_of_others_gets_no_endpoint(bench: Any) -> None:
    vpc = ec2.Vpc.from_vpc_attributes(
        bench.stack, "Vpc", vpc_id="vpc-1", availability_zones=["a", "b"], private_subnet_ids=["subnet-1", "subnet-2"]
    )
    group = ec2.SecurityGroup.from_security_group_id(bench.stack, "Group", "sg-1")
    built = MapReduce(bench.stack, "M", props=MapReduceProps(vpc=vpc, security_groups=[group]))
    assert built.s3_endpoint is None
    functions = bench.resources(FUNCTION)
    assert bench.named(functions, "MMapper")["VpcConfig"] == {
        "SecurityGroupIds": ["sg-1"],
        "SubnetIds": ["subnet-1", "subnet-2"],
    }
    assert "VpcConfig" not in bench.named(functions, "MCoordinator")
    assert bench.resources("AWS::EC2::SecurityGroup") == {}


def test_an_existing_bucket_keeps_its_notifications(bench: Any) -> None:
    bucket = s3.Bucket.from_bucket_name(bench.stack, "Given", "given")
    MapReduce(bench.stack, "M", props=MapReduceProps(job_bucket=bucket, prefix="team/"))
    [notification] = bench.resources("Custom::S3BucketNotifications").values()
    assert notification["Managed"] is False  # the CDK's handler then reads what is there, and adds
    policy = bench.actions(bench.resources("AWS::IAM::Policy"), "GivenNotifications")
    assert set(policy) == {"s3:GetBucketNotification", "s3:PutBucketNotification"}


@pytest.mark.parametrize("keep", [True, False])
def test_the_flag_for_imported_buckets_changes_nothing_for_an_imported_bucket(new_bench: Any, keep: bool) -> None:
    bench = new_bench({"@aws-cdk/aws-s3:keepNotificationInImportedBucket": keep})
    bucket = s3.Bucket.from_bucket_name(bench.stack, "Given", "given")
    MapReduce(bench.stack, "Given with", props=MapReduceProps(job_bucket=bucket))
    MapReduce(bench.stack, "Own")
    managed = {name[:3]: each["Managed"] for name, each in bench.resources("Custom::S3BucketNotifications").items()}
    assert managed == {"Giv": False, "Own": not keep}


def test_a_bucket_of_this_stack_keeps_the_notifications_that_it_has_besides(bench: Any) -> None:
    bucket, queue = s3.Bucket(bench.stack, "Given"), sqs.Queue(bench.stack, "Theirs")
    bucket.add_event_notification(
        s3.EventType.OBJECT_REMOVED, s3_notifications.SqsDestination(queue), s3.NotificationKeyFilter(prefix="in/")
    )
    for id, prefix in (("A", "a/"), ("B", "b/")):
        MapReduce(bench.stack, id, props=MapReduceProps(job_bucket=bucket, prefix=prefix))
    [notification] = bench.resources("Custom::S3BucketNotifications").values()
    queues = notification["NotificationConfiguration"]["QueueConfigurations"]
    prefixes = [rule["Value"] for each in queues for rule in each["Filter"]["Key"]["FilterRules"]]
    assert prefixes == ["in/", "a/jobs/", "b/jobs/"]


def test_a_job_bucket_of_another_stack_is_refused_with_the_way_out(bench: Any) -> None:
    """Its notifications would be made there, with our queue: a cycle that the CDK reports in its own words."""
    theirs = s3.Bucket(cdk.Stack(bench.app, "Other"), "Theirs")
    with pytest.raises(InvalidPropsError, match=r"job_bucket is 'Other/Theirs', allowed: .*from_bucket_name"):
        MapReduce(bench.stack, "M", props=MapReduceProps(job_bucket=theirs))
    MapReduce(bench.stack, "N", props=MapReduceProps(inputs=[MapReduceInput(bucket=theirs)]))
    assert bench.resources(FUNCTION)


def test_keys_of_encrypted_buckets_are_granted_action_by_action(bench: Any) -> None:
    read, both = kms.Key(bench.stack, "ReadKey"), kms.Key(bench.stack, "BothKey")
    given = s3.Bucket(bench.stack, "Given", encryption_key=read)
    jobs = s3.Bucket.from_bucket_attributes(bench.stack, "Jobs", bucket_name="jobs", encryption_key=both)
    MapReduce(bench.stack, "M", props=MapReduceProps(inputs=[MapReduceInput(bucket=given)], job_bucket=jobs))
    policies = bench.resources("AWS::IAM::Policy")
    arns = [{"Fn::GetAtt": [bench.stack.get_logical_id(key.node.default_child), "Arn"]} for key in (read, both)]
    assert bench.actions(policies, "MMapperRole")["kms:Decrypt"] == arns
    assert bench.actions(policies, "MMapperRole")["kms:GenerateDataKey"] == arns[1:]
    for function in ("Reducer", "Coordinator"):
        allowed = bench.actions(policies, f"M{function}Role")
        assert allowed["kms:Decrypt"] == allowed["kms:GenerateDataKey"] == arns[1:]
    assert not [action for policy in policies for action in bench.actions(policies, policy) if "*" in action]
