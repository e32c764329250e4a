"""The MapReduce construct: what it makes, what it takes, and how several of it live side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from refarch._shared.removal import REMOVE_DATA_CONTEXT
from refarch.mapreduce import JobCode, MapReduce, MapReduceProps

FUNCTION = "AWS::Lambda::Function"


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


def test_each_function_writes_its_own_results_only(bench: Any) -> None:
    MapReduce(bench.stack, "M", props=MapReduceProps(prefix="team/"))
    policies = bench.resources("AWS::IAM::Policy")

    def paths(function: str, action: str) -> list[str]:
        return [each["Fn::Join"][1][1] for each in bench.actions(policies, f"M{function}Role")[action]]

    assert paths("Mapper", "s3:PutObject") == ["/team/jobs/*/task/mapper/*", "/team/shuffle/*/mapper/*"]
    assert paths("Mapper", "s3:DeleteObject") == ["/team/shuffle/*/mapper/*"]
    assert paths("Reducer", "s3:DeleteObject") == ["/team/shuffle/*/reducer/*"]
    assert not set(paths("Reducer", "s3:PutObject")) & set(paths("Mapper", "s3:PutObject"))
    assert "lambda:InvokeFunction" not in {**bench.actions(policies, "MMapper"), **bench.actions(policies, "MReducer")}


def test_grant_run_is_what_the_driver_needs_and_no_more(bench: Any) -> None:
    built = MapReduce(bench.stack, "M")
    built.grant_run(iam.Role(bench.stack, "Runner", assumed_by=iam.ServicePrincipal("codebuild.amazonaws.com")))
    allowed = bench.actions(bench.resources("AWS::IAM::Policy"), "Runner")
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
    assert "s3:PutObject" in bench.actions(bench.resources("AWS::IAM::Policy"), "Nightly")


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
    assert bench.named(functions, "MMapper")["Description"] == "mine"
    assert bench.named(functions, "MMapper")["ReservedConcurrentExecutions"] == 7
    assert "ReservedConcurrentExecutions" not in bench.named(functions, "MReducer")
    assert bench.named(functions, "MCoordinator")["ReservedConcurrentExecutions"] == 2
    bucket = bench.named(bench.resources("AWS::S3::Bucket"), "MJobs")
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
        assert bench.named(functions, name)["Layers"][1] == layer.layer_version_arn
        assert bench.named(functions, name)["Environment"]["Variables"]["CURRENCY"] == "EUR"
    assert len(bench.named(functions, "MCoordinator")["Layers"]) == 1
    assert "CURRENCY" not in bench.named(functions, "MCoordinator")["Environment"]["Variables"]


@pytest.mark.parametrize("architecture", ["ARM_64", "X86_64"])
def test_the_powertools_layer_is_of_the_architecture(bench: Any, architecture: str) -> None:
    chosen = getattr(lambda_.Architecture, architecture)
    MapReduce(bench.stack, "M", props=MapReduceProps(architecture=chosen))
    for name in ("MMapper", "MReducer", "MCoordinator"):
        function = bench.named(bench.resources(FUNCTION), name)
        assert function["Architectures"] == [chosen.name]
        assert f"python313-{chosen.name}:" in json.dumps(function["Layers"])


def test_the_job_is_in_mapper_and_reducer_and_nowhere_else(bench: Any, job_file: Path) -> None:
    MapReduce(bench.stack, "M", props=MapReduceProps(job=JobCode.from_path(job_file)))
    functions = bench.resources(FUNCTION)
    for name, has_job in (("MMapper", True), ("MReducer", True), ("MCoordinator", False)):
        function = bench.named(functions, name)
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
    assert bench.named(functions, "MMapper")["MemorySize"] == bench.named(functions, "MMapper")["Timeout"] == reference
    settings = bench.named(functions, "MCoordinator")["Environment"]["Variables"]
    for name in ("CONCURRENT", "MAPPER_MB", "TASK_SECONDS", "WATCHDOG_SECONDS"):
        assert settings[f"MAPREDUCE_{name}"] == reference
    workspace = json.dumps(bench.template()["Outputs"])
    assert "e+289" not in workspace


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
