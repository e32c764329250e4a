"""BatchEnvironment: what is in the template, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import Duration, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from refarch._shared.checks import InvalidPropsError
from refarch.batch import BatchEnvironment, BatchEnvironmentProps, FairShare, QueueProps, Scratch
from refarch.batch.environment_checks import family_complaint

CE, QUEUE = "AWS::Batch::ComputeEnvironment", "AWS::Batch::JobQueue"


def network(bench: Any) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        bench.stack,
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=["a", "b"],
        public_subnet_ids=["subnet-1", "subnet-2"],
        private_subnet_ids=["subnet-3", "subnet-4"],
    )


def build(bench: Any, **props: Any) -> BatchEnvironment:
    vpc = props.pop("vpc", None) or network(bench)
    return BatchEnvironment(bench.stack, "Batch", props=BatchEnvironmentProps(vpc=vpc, **props))


def test_spot_first_and_on_demand_behind_it(bench: Any) -> None:
    build(bench, max_vcpus=64, max_on_demand_vcpus=16)
    spot, demand = (bench.named(bench.resources(CE), f"Batch{name}") for name in ("Spot", "OnDemand"))
    assert (spot["ComputeResources"]["Type"], demand["ComputeResources"]["Type"]) == ("SPOT", "EC2")
    assert spot["ComputeResources"]["AllocationStrategy"] == "SPOT_PRICE_CAPACITY_OPTIMIZED"
    assert (spot["ComputeResources"]["MaxvCpus"], demand["ComputeResources"]["MaxvCpus"]) == (64, 16)
    for each in (spot, demand):
        settings = each["ComputeResources"]
        assert settings["MinvCpus"] == 0
        assert settings["Ec2Configuration"] == [{"ImageType": "ECS_AL2023"}]
        assert settings["InstanceTypes"] == ["c6g", "c7g", "m6g", "m7g", "r6g", "r7g"]
        assert "BidPercentage" not in settings
        assert "SpotIamFleetRole" not in settings
        assert each["ReplaceComputeEnvironment"] is False
    for queue in bench.resources(QUEUE).values():
        order = [each["ComputeEnvironment"]["Fn::GetAtt"][0] for each in queue["ComputeEnvironmentOrder"]]
        assert ["Spot" in name for name in order] == [True, False]


def test_the_newest_launch_template_is_used_by_a_deployment(bench: Any) -> None:
    """Without a version Batch takes the default one, which an update of the template does not move."""
    build(bench)
    for each in bench.resources(CE).values():
        version = each["ComputeResources"]["LaunchTemplate"]["Version"]
        assert version["Fn::GetAtt"][1] == "LatestVersionNumber"


def test_queues_have_the_posts_priorities_and_nothing_stays_runnable_unseen(bench: Any) -> None:
    made = build(bench, runnable_limit=Duration.minutes(20))
    queues = bench.resources(QUEUE)
    assert sorted(each["Priority"] for each in queues.values()) == [1, 1000]
    for each in queues.values():
        limits = {action["Reason"]: action["MaxTimeSeconds"] for action in each["JobStateTimeLimitActions"]}
        assert limits == {
            "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT": 1200,
            "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE": 1200,
            "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY": 43_200,
        }
    [rule] = bench.resources("AWS::Events::Rule").values()
    assert rule["EventPattern"]["detail-type"] == ["Batch Job Queue Blocked"]
    assert len(rule["EventPattern"]["detail"]["jobQueue"]) == 2
    assert "DeadLetterConfig" in rule["Targets"][0]
    assert made.queue("HighPriority").priority == 1000
    with pytest.raises(KeyError, match="HighPriority, LowPriority"):
        made.queue("High")


def test_volumes_are_encrypted_and_the_scratch_volume_has_its_size(bench: Any) -> None:
    build(bench, scratch=Scratch.ebs(500, throughput=250), root_volume_gb=50)
    [template] = bench.resources("AWS::EC2::LaunchTemplate").values()
    data = template["LaunchTemplateData"]
    root, scratch = (each["Ebs"] for each in data["BlockDeviceMappings"])
    assert (root["VolumeSize"], scratch["VolumeSize"], scratch["Throughput"]) == (50, 500, 250)
    assert all(each["Encrypted"] and each["VolumeType"] == "gp3" for each in (root, scratch))
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert data["InstanceInitiatedShutdownBehavior"] == "terminate"
    text = json.dumps(data["UserData"])
    assert "multipart/mixed" in text
    assert "Amazon Elastic Block Store" in text


def test_disks_of_the_instance_need_no_volume(bench: Any) -> None:
    build(bench, scratch=Scratch.instance_store(), architecture="x86_64", instance_types=["c6id", "m6id"])
    [template] = bench.resources("AWS::EC2::LaunchTemplate").values()
    assert len(template["LaunchTemplateData"]["BlockDeviceMappings"]) == 1
    assert "Amazon EC2 NVMe Instance Storage" in json.dumps(template)


def test_instances_may_join_and_pull_and_nothing_of_s3_or_ec2(bench: Any) -> None:
    """The original gave its instances and jobs EC2FullAccess and S3FullAccess."""
    build(bench)
    actions = bench.actions(bench.resources("AWS::IAM::Policy"), "BatchInstanceRole")
    assert {action.partition(":")[0] for action in actions} == {"ecs", "ecr", "logs"}
    assert "ManagedPolicyArns" not in bench.named(bench.resources("AWS::IAM::Role"), "BatchInstanceRole")


def test_nobody_can_enter(bench: Any) -> None:
    build(bench)
    [group] = [each for name, each in bench.resources("AWS::EC2::SecurityGroup").items() if name.startswith("Batch")]
    assert "SecurityGroupIngress" not in group


def test_a_queue_without_spot_and_one_with_spot_alone(bench: Any) -> None:
    queues = [
        QueueProps(id="Sure", priority=5, capacity="on-demand-only"),
        QueueProps(id="Cheap", priority=1, capacity="spot-only"),
    ]
    build(bench, queues=queues)
    found = {
        name: [each["ComputeEnvironment"]["Fn::GetAtt"][0] for each in queue["ComputeEnvironmentOrder"]]
        for name, queue in bench.resources(QUEUE).items()
    }
    orders = sorted(("OnDemand" in order[0], len(order)) for order in found.values())
    assert orders == [(False, 1), (True, 1)]


def test_without_on_demand_jobs_wait_for_spot(bench: Any) -> None:
    made = build(bench, max_on_demand_vcpus=0)
    assert made.on_demand is None
    assert len(bench.resources(CE)) == 1


def test_fair_share(bench: Any) -> None:
    share = FairShare(weights={"team*": 0.5, "other": 1}, compute_reservation=10)
    build(bench, queues=[QueueProps(id="Shared", priority=1, fair_share=share)])
    [policy] = bench.resources("AWS::Batch::SchedulingPolicy").values()
    weights = {each["ShareIdentifier"]: each["WeightFactor"] for each in policy["FairsharePolicy"]["ShareDistribution"]}
    assert weights == {"team*": 0.5, "other": 1}
    [queue] = bench.resources(QUEUE).values()
    assert "SchedulingPolicyArn" in queue


def test_what_is_given_is_used_and_not_made(bench: Any) -> None:
    vpc = network(bench)
    group = ec2.SecurityGroup(bench.stack, "Given", vpc=vpc)
    role = iam.Role.from_role_arn(bench.stack, "Role", "arn:aws:iam::111111111111:role/given")
    topic = sns.Topic(bench.stack, "Topic")
    made = build(bench, vpc=vpc, security_groups=[group], instance_role=role, topic=topic)
    assert (made.topic.node.path, made.instance_role.role_arn) == (topic.node.path, role.role_arn)
    assert len(bench.resources("AWS::SNS::Topic")) == 1


def test_two_in_one_stack_and_no_physical_names(bench: Any) -> None:
    """The original's fixed names allowed one environment an account."""
    vpc = network(bench)
    for id in ("One", "Two"):
        BatchEnvironment(bench.stack, id, props=BatchEnvironmentProps(vpc=vpc))
    for kind in (CE, QUEUE, "AWS::Batch::SchedulingPolicy", "AWS::EC2::LaunchTemplate", "AWS::IAM::Role"):
        for each in bench.resources(kind).values():
            assert not {name for name in each if name.endswith("Name")}


def test_overrides_reach_the_compute_environments(bench: Any) -> None:
    build(bench, compute_overrides={"spot_bid_percentage": 70, "update_timeout": Duration.minutes(5)})
    found = bench.resources(CE).values()
    assert {each["UpdatePolicy"]["JobExecutionTimeoutMinutes"] for each in found} == {5}


def test_every_problem_is_said_at_once(bench: Any) -> None:
    with pytest.raises(InvalidPropsError) as caught:
        build(
            bench,
            architecture="x86_64",
            instance_types=["m6g", "c6idd", "optimal", "optimal"],
            max_vcpus=0,
            max_on_demand_vcpus=0,
            root_volume_gb=8,
            scratch=Scratch.ebs(0, iops=1),
            runnable_limit=Duration.seconds(30),
            queues=[
                QueueProps(id="a b", priority=-1, capacity="on-demand-only"),
                QueueProps(id="B", priority=1, fair_share=FairShare(weights={"x y": 0}, compute_reservation=100)),
                QueueProps(id="B", priority=1, capacity="cheap"),
            ],
        )
    text = str(caught.value)
    for word in (
        "instance_types is 'm6g', allowed: families of x86_64",
        "'c6idd', allowed: a known family or type (perhaps c6id",
        "instance_types is ['optimal'], allowed: each once",
        "max_vcpus is 0",
        "root_volume_gb is 8, allowed: 30",
        "scratch.size_gb is 0",
        "scratch.iops is 1",
        "allowed: 600 to 86400 seconds",
        "queues is ['B'], allowed: each id once",
        "queues['a b'].id",
        "queues['a b'].priority is -1",
        "spot-first or spot-only: max_on_demand_vcpus is 0",
        "queues['B'].capacity is 'cheap'",
        "compute_reservation is 100",
        "weights['x y'] is 0",
    ):
        assert word in text


def test_tokens_are_never_compared(bench: Any) -> None:
    number = Token.as_number({"Ref": "Size"})
    build(bench, max_vcpus=number, max_on_demand_vcpus=number)
    assert len(bench.resources(CE)) == 2


@pytest.mark.parametrize(
    ("name", "architecture", "fits"),
    [
        ("optimal", "x86_64", True),
        ("optimal", "arm64", False),
        ("c6i", "x86_64", True),
        ("c6i.4xlarge", "x86_64", True),
        ("c6i.5xlarge", "x86_64", False),
        ("c6g", "x86_64", False),
        ("z9", "x86_64", False),
    ],
)
def test_families_and_types(name: str, architecture: str, fits: bool) -> None:
    assert (family_complaint(name, architecture, ()) == "") is fits


def test_a_family_that_the_table_does_not_know_yet() -> None:
    assert family_complaint("z9", "arm64", ("z9",)) == ""
