"""The MapReduce construct: what it makes, what it takes, and how several of it live side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as s3_notifications
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from refarch._shared.removal import REMOVE_DATA_CONTEXT
from refarch.mapreduce import JobCode, MapReduce, MapReduceInput, MapReduceProps

FUNCTION = "AWS::Lambda::Function"


def named(resources: dict[str, dict[str, Any]], word: str) -> dict[str, Any]:
    """The properties of the one resource whose logical id begins so."""
    [found] = [each for name, each in resources.items() if name.startswith(word)]
    return found


def actions(resources: dict[str, dict[str, Any]], word: str) -> dict[str, list[Any]]:
    """Action to the resources it is allowed on, in the policy whose logical id begins so."""
    allowed: dict[str, list[Any]] = {}
    for statement in named(resources, word)["PolicyDocument"]["Statement"]:
        of, on = statement["Action"], statement["Resource"]
        for action in of if isinstance(of, list) else [of]:
            allowed.setdefault(action, []).extend(on if isinstance(on, list) else [on])
    return allowed


def test_every_resource_can_be_reached_from_an_attribute(bench: Any) -> None:
    vpc = ec2.Vpc(bench.stack, "Vpc", nat_gateways=0)
    built = MapReduce(bench.stack, "M", props=MapReduceProps(vpc=vpc))
    functions = (built.mapper, built.reducer, built.coordinator)
    reachable = [built.job_bucket, built.input_bucket, built.queue, built.dead_letter_queue, built.event_source]
    reachable += [*functions, *built.alarms, *built.security_groups]
    reachable += [each.role for each in functions] + [each.log_group for each in functions]
    ids = {bench.stack.get_logical_id(each.node.default_child) for each in reachable}
    made = {name for name, each in bench.template()["Resources"].items() if name.startswith("M")}
    helpers = ("Policy", "EventInvokeConfig", "JobsNotifications")  # what CDK puts beside a bucket, queue or function
    assert {name for name in made - ids if not any(word in name for word in helpers)} == set()
    assert built.s3_endpoint is not None


def test_two_in_one_stack_and_one_in_another(bench: Any) -> None:
    other = cdk.Stack(bench.app, "Other")
    built = [MapReduce(scope, id) for scope, id in ((bench.stack, "A"), (bench.stack, "B"), (other, "A"))]
    here, there = bench.resources(), bench.resources(stack=other)
    of = {id: {name[1:-8] for name in here if name.startswith(id)} for id in ("AJ", "BJ", "AM", "BM", "AC", "BC")}
    assert all(of[f"A{word}"] == of[f"B{word}"] != set() for word in "JMC")
    assert {name for name in here if name.startswith("A")} <= set(there)
    assert len({each.queue.queue_arn for each in built}) == 3


def test_alarms_listen_to_the_metrics_of_their_own_jobs_only(bench: Any) -> None:
    other = cdk.Stack(bench.app, "Other")
    for scope, id in ((bench.stack, "A"), (bench.stack, "B"), (other, "A")):
        MapReduce(scope, id)
    heard, told = set(), set()
    for stack in (bench.stack, other):
        resources = bench.resources(stack=stack)
        heard |= {each["Dimensions"][0]["Value"] for name, each in resources.items() if "JobsFailed" in name}
        told |= {
            each["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
            for name, each in resources.items()
            if "Handler" in each and "Coordinator" in name
        }
    assert heard == told == {"Test/A", "Test/B", "Other/A"}


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
    assert named(functions, "MMapper")["VpcConfig"] == {
        "SecurityGroupIds": ["sg-1"],
        "SubnetIds": ["subnet-1", "subnet-2"],
    }
    assert "VpcConfig" not in named(functions, "MCoordinator")
    assert bench.resources("AWS::EC2::SecurityGroup") == {}


def test_an_existing_bucket_keeps_its_notifications(bench: Any) -> None:
    bucket = s3.Bucket.from_bucket_name(bench.stack, "Given", "given")
    MapReduce(bench.stack, "M", props=MapReduceProps(job_bucket=bucket, prefix="team/"))
    [notification] = bench.resources("Custom::S3BucketNotifications").values()
    assert notification["Managed"] is False  # the CDK's handler then reads what is there, and adds
    policy = actions(bench.resources("AWS::IAM::Policy"), "GivenNotifications")
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


def test_keys_of_encrypted_buckets_are_granted_action_by_action(bench: Any) -> None:
    read, both = kms.Key(bench.stack, "ReadKey"), kms.Key(bench.stack, "BothKey")
    given = s3.Bucket(bench.stack, "Given", encryption_key=read)
    jobs = s3.Bucket.from_bucket_attributes(bench.stack, "Jobs", bucket_name="jobs", encryption_key=both)
    MapReduce(bench.stack, "M", props=MapReduceProps(inputs=[MapReduceInput(bucket=given)], job_bucket=jobs))
    policies = bench.resources("AWS::IAM::Policy")
    arns = [{"Fn::GetAtt": [bench.stack.get_logical_id(key.node.default_child), "Arn"]} for key in (read, both)]
    assert actions(policies, "MMapperRole")["kms:Decrypt"] == arns
    assert actions(policies, "MMapperRole")["kms:GenerateDataKey"] == arns[1:]
    for function in ("Reducer", "Coordinator"):
        allowed = actions(policies, f"M{function}Role")
        assert allowed["kms:Decrypt"] == allowed["kms:GenerateDataKey"] == arns[1:]
    assert not [action for policy in policies for action in actions(policies, policy) if "*" in action]


def test_each_function_writes_its_own_results_only(bench: Any) -> None:
    MapReduce(bench.stack, "M", props=MapReduceProps(prefix="team/"))
    policies = bench.resources("AWS::IAM::Policy")

    def paths(function: str, action: str) -> list[str]:
        return [each["Fn::Join"][1][1] for each in actions(policies, f"M{function}Role")[action]]

    assert paths("Mapper", "s3:PutObject") == ["/team/jobs/*/task/mapper/*", "/team/shuffle/*/mapper/*"]
    assert paths("Mapper", "s3:DeleteObject") == ["/team/shuffle/*/mapper/*"]
    assert paths("Reducer", "s3:DeleteObject") == ["/team/shuffle/*/reducer/*"]
    assert not set(paths("Reducer", "s3:PutObject")) & set(paths("Mapper", "s3:PutObject"))
    assert "lambda:InvokeFunction" not in {**actions(policies, "MMapper"), **actions(policies, "MReducer")}


def test_grant_run_is_what_the_driver_needs_and_no_more(bench: Any) -> None:
    built = MapReduce(bench.stack, "M")
    built.grant_run(iam.Role(bench.stack, "Runner", assumed_by=iam.ServicePrincipal("codebuild.amazonaws.com")))
    allowed = actions(bench.resources("AWS::IAM::Policy"), "Runner")
    assert set(allowed) == {
        "cloudformation:DescribeStacks",
        *("s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
    }
    assert allowed["cloudformation:DescribeStacks"] == [{"Ref": "AWS::StackId"}]


def test_grant_run_takes_a_function_and_a_principal_without_a_policy(bench: Any) -> None:
    built = MapReduce(bench.stack, "M")
    code = lambda_.Code.from_inline("def f(e, c): ...")
    runtime = lambda_.Runtime.PYTHON_3_13
    built.grant_run(lambda_.Function(bench.stack, "Nightly", code=code, runtime=runtime, handler="index.f"))
    built.grant_run(iam.ServicePrincipal("codebuild.amazonaws.com"))
    assert "s3:PutObject" in actions(bench.resources("AWS::IAM::Policy"), "Nightly")


def test_alarms_go_to_the_topic(bench: Any) -> None:
    topic = sns.Topic.from_topic_arn(bench.stack, "Topic", "arn:aws:sns:us-east-1:123456789012:oncall")
    MapReduce(bench.stack, "M", props=MapReduceProps(alarm_topic=topic))
    alarms = bench.resources("AWS::CloudWatch::Alarm").values()
    assert len(alarms) == 3
    assert all(alarm["AlarmActions"] == [topic.topic_arn] for alarm in alarms)


def test_overrides_win_and_replace_whole_values(bench: Any) -> None:
    rule = s3.LifecycleRule(id="Mine", expiration=cdk.Duration.days(9))
    MapReduce(
        bench.stack,
        "M",
        props=MapReduceProps(
            mapper_overrides={"description": "mine", "reserved_concurrent_executions": 7},
            coordinator_overrides={"reserved_concurrent_executions": 2},
            job_bucket_overrides={"lifecycle_rules": [rule], "versioned": True},
        ),
    )
    functions = bench.resources(FUNCTION)
    assert named(functions, "MMapper")["Description"] == "mine"
    assert named(functions, "MMapper")["ReservedConcurrentExecutions"] == 7
    assert "ReservedConcurrentExecutions" not in named(functions, "MReducer")
    assert named(functions, "MCoordinator")["ReservedConcurrentExecutions"] == 2
    bucket = named(bench.resources("AWS::S3::Bucket"), "MJobs")
    assert [each["Id"] for each in bucket["LifecycleConfiguration"]["Rules"]] == ["Mine"]  # not merged with ours
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert all(bucket["PublicAccessBlockConfiguration"].values())


def test_layers_and_environment_are_the_jobs_own(bench: Any) -> None:
    layer = lambda_.LayerVersion.from_layer_version_arn(
        bench.stack, "Numpy", "arn:aws:lambda:us-east-1:123456789012:layer:numpy:1"
    )
    MapReduce(bench.stack, "M", props=MapReduceProps(layers=[layer], environment={"CURRENCY": "EUR"}))
    functions = bench.resources(FUNCTION)
    for name in ("MMapper", "MReducer"):
        assert named(functions, name)["Layers"][1] == layer.layer_version_arn
        assert named(functions, name)["Environment"]["Variables"]["CURRENCY"] == "EUR"
    assert len(named(functions, "MCoordinator")["Layers"]) == 1
    assert "CURRENCY" not in named(functions, "MCoordinator")["Environment"]["Variables"]


@pytest.mark.parametrize("architecture", ["ARM_64", "X86_64"])
def test_the_powertools_layer_is_of_the_architecture(bench: Any, architecture: str) -> None:
    chosen = getattr(lambda_.Architecture, architecture)
    MapReduce(bench.stack, "M", props=MapReduceProps(architecture=chosen))
    for name in ("MMapper", "MReducer", "MCoordinator"):
        function = named(bench.resources(FUNCTION), name)
        assert function["Architectures"] == [chosen.name]
        assert f"python313-{chosen.name}:" in json.dumps(function["Layers"])


def test_the_job_is_in_mapper_and_reducer_and_nowhere_else(bench: Any, job_file: Path) -> None:
    MapReduce(bench.stack, "M", props=MapReduceProps(job=JobCode.from_path(job_file)))
    functions = bench.resources(FUNCTION)
    for name, has_job in (("MMapper", True), ("MReducer", True), ("MCoordinator", False)):
        function = named(functions, name)
        asset = Path(bench.app.synth().directory, "asset." + function["Code"]["S3Key"].removesuffix(".zip"))
        assert (asset / "word_count.py").exists() is has_job
        handler = function["Handler"].removesuffix(".handler").replace(".", "/") + ".py"
        assert (asset / handler).exists()
        assert (function["Environment"]["Variables"].get("MAPREDUCE_JOB") == "word_count") is has_job
        assert not list(asset.rglob("*.pyc"))


def test_numbers_that_are_known_at_deployment_reach_the_functions(bench: Any) -> None:
    parameter = cdk.CfnParameter(bench.stack, "Size", type="Number").value_as_number
    props = MapReduceProps(
        memory_mb=parameter,
        concurrent_lambdas=parameter,
        task_timeout=cdk.Duration.seconds(parameter),
        watchdog_interval=cdk.Duration.seconds(parameter),
    )
    MapReduce(bench.stack, "M", props=props)
    functions = bench.resources(FUNCTION)
    reference = {"Ref": "Size"}
    assert named(functions, "MMapper")["MemorySize"] == named(functions, "MMapper")["Timeout"] == reference
    settings = named(functions, "MCoordinator")["Environment"]["Variables"]
    for name in ("CONCURRENT", "MAPPER_MB", "TASK_SECONDS", "WATCHDOG_SECONDS"):
        assert settings[f"MAPREDUCE_{name}"] == reference
    workspace = json.dumps(bench.template()["Outputs"])
    assert "e+289" not in workspace


Kept = Callable[..., set[str]]


def policies_of_data(bench: Any) -> set[str]:
    kinds = ("AWS::S3::Bucket", "AWS::Logs::LogGroup")
    found = [each for each in bench.template()["Resources"].values() if each["Type"] in kinds]
    return {each[key] for each in found for key in ("DeletionPolicy", "UpdateReplacePolicy")}


@pytest.mark.parametrize(
    ("asked", "flag", "policy"),
    [
        (RemovalPolicy.RETAIN, None, "Retain"),
        (RemovalPolicy.RETAIN, "true", "Retain"),
        (RemovalPolicy.DESTROY, None, "Retain"),
        (RemovalPolicy.DESTROY, "false", "Retain"),
        (RemovalPolicy.DESTROY, "true", "Delete"),
        (RemovalPolicy.DESTROY, True, "Delete"),
        (RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, None, "RetainExceptOnCreate"),
    ],
)
def test_data_goes_only_with_both_keys(new_bench: Any, asked: RemovalPolicy, flag: Any, policy: str) -> None:
    bench = new_bench({} if flag is None else {REMOVE_DATA_CONTEXT: flag})
    MapReduce(bench.stack, "M", props=MapReduceProps(removal_policy=asked))
    assert policy in policies_of_data(bench)
    assert ("Delete" in policies_of_data(bench)) is (policy == "Delete")
