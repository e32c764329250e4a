"""The InterruptionResponder construct: what it makes, what it may do, and how several live side by side."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import RemovalPolicy
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_servicediscovery as servicediscovery
from aws_cdk import aws_sns as sns

from refarch._shared.removal import REMOVE_DATA_CONTEXT
from refarch.compute import DrainBudget, InterruptionResponder, InterruptionResponderProps
from refarch_lambdas.interruptions.settings import Settings

RULE = "AWS::Events::Rule"


def cluster(stack: cdk.Stack, name: str = "web") -> ecs.ICluster:
    vpc = ec2.Vpc.from_vpc_attributes(stack, f"Vpc{name}", vpc_id="vpc-1", availability_zones=["us-east-1a"])
    return ecs.Cluster.from_cluster_attributes(stack, f"Cluster{name}", cluster_name=name, vpc=vpc)


def group(stack: cdk.Stack, name: str = "fleet") -> autoscaling.IAutoScalingGroup:
    return autoscaling.AutoScalingGroup.from_auto_scaling_group_name(stack, f"Group{name}", name)


def service(stack: cdk.Stack) -> servicediscovery.IService:
    space = servicediscovery.HttpNamespace(stack, "Space", name="space")
    return servicediscovery.Service(stack, "Members", namespace=space)


def statement(bench: Any, sid: str) -> dict[str, Any]:
    policies = bench.resources("AWS::IAM::Policy").values()
    found = [each for policy in policies for each in policy["PolicyDocument"]["Statement"] if each.get("Sid") == sid]
    assert len(found) == 1, sid
    return found[0]


def test_every_resource_can_be_reached_from_an_attribute(bench: Any) -> None:
    props = InterruptionResponderProps(auto_scaling_groups=[group(bench.stack)], lifecycle_hooks=True)
    built = InterruptionResponder(bench.stack, "R", props=props)
    reachable: list[Any] = [built.interruption_log, built.dead_letter_queue, built.topic, built.function]
    reachable += [built.function.role, built.log_group, *built.rules.values(), *built.alarms, *built.lifecycle_hooks]
    ids = {bench.stack.get_logical_id(each.node.default_child) for each in reachable}
    helpers = ("Policy", "EventInvokeConfig", "MayInvoke")  # what stands beside a queue, a function, a rule
    made = {name for name in bench.template()["Resources"] if not any(word in name for word in helpers)}
    assert made - ids == set()


def test_two_in_one_stack_and_one_in_another(bench: Any) -> None:
    other = cdk.Stack(bench.app, "Other")
    for scope, id in ((bench.stack, "A"), (bench.stack, "B"), (other, "A")):
        InterruptionResponder(scope, id)
    here, there = bench.resources(), bench.resources(stack=other)
    of = {id: {name[1:-8] for name in here if name.startswith(id)} for id in "AB"}
    assert of["A"] == of["B"] != set()
    assert {name for name in here if name.startswith("A")} == set(there), "no stack's name in any logical id"
    named = [name for each in here.values() for name in each if name.endswith("Name") and name[0] in "FRQT"]
    assert set(named) <= {"FunctionName"}  # of permissions, which refer to their function
    services = {
        each["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
        for resources in (here, there)
        for each in resources.values()
        if "Handler" in each
    }
    assert services == {"Test/A", "Test/B", "Other/A"}


def test_every_rule_target_retries_and_has_a_dead_letter_queue(bench: Any) -> None:
    InterruptionResponder(bench.stack, "R", props=InterruptionResponderProps(scheduled_events=True))
    rules = bench.resources(RULE)
    [queue] = bench.resources("AWS::SQS::Queue")
    assert len(rules) == 5
    for rule in rules.values():
        [target] = rule["Targets"]
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [queue, "Arn"]}}
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 20}
    [invoke] = bench.resources("AWS::Lambda::EventInvokeConfig").values()
    assert (invoke["MaximumRetryAttempts"], invoke["MaximumEventAgeInSeconds"]) == (2, 3600)
    assert invoke["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": [queue, "Arn"]}
    sources = {each["SourceArn"]["Fn::GetAtt"][0] for each in bench.resources("AWS::Lambda::Permission").values()}
    assert sources == set(rules)
    [policy] = bench.resources("AWS::SQS::QueuePolicy").values()
    [told] = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
    arns = told["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert {each["Fn::GetAtt"][0] for each in arns} == set(rules)


PATTERNS = [
    ({}, {"Notice", "Rebalance", "Lifecycle", "Return"}),
    ({"on_rebalance": "ignore"}, {"Notice", "Lifecycle", "Return"}),
    ({"on_rebalance": "drain", "scheduled_events": True}, {"Notice", "Rebalance", "Lifecycle", "Return", "Scheduled"}),
]


@pytest.mark.parametrize(("asked", "ids"), PATTERNS)
def test_only_the_events_that_were_asked_for_wake_it(bench: Any, asked: dict[str, Any], ids: set[str]) -> None:
    built = InterruptionResponder(bench.stack, "R", props=InterruptionResponderProps(**asked))
    assert set(built.rules) == ids
    patterns = {json.dumps(each["EventPattern"], sort_keys=True) for each in bench.resources(RULE).values()}
    notice = {"detail-type": ["EC2 Spot Instance Interruption Warning"], "source": ["aws.ec2"]}
    assert json.dumps(notice, sort_keys=True) in patterns


def test_lifecycle_events_of_other_groups_do_not_wake_it(bench: Any) -> None:
    InterruptionResponder(bench.stack, "R", props=InterruptionResponderProps(auto_scaling_groups=[group(bench.stack)]))
    rule = bench.named(bench.resources(RULE), "RLifecycle")
    assert rule["EventPattern"]["detail"] == {"AutoScalingGroupName": ["fleet"]}


def test_the_plain_one_may_do_little(bench: Any) -> None:
    InterruptionResponder(bench.stack, "R")
    allowed = bench.actions(bench.resources("AWS::IAM::Policy"), "RRole")
    changing = {each for each in allowed if not each.split(":")[1].startswith(("Describe", "Get"))}
    assert changing == {
        *("logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage", "sns:Publish"),
        *("dynamodb:Query", "dynamodb:UpdateItem"),
        *("elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"),
    }
    only_reads = {action for action, on in allowed.items() if on == ["*"]}
    assert all(":Describe" in each for each in only_reads)


def test_a_cluster_is_in_the_resource_and_in_the_condition(bench: Any) -> None:
    InterruptionResponder(bench.stack, "R", props=InterruptionResponderProps(clusters=[cluster(bench.stack)]))
    drain = statement(bench, "DrainContainerInstances")
    assert drain["Action"] == "ecs:UpdateContainerInstancesState"
    assert ":container-instance/web/*" in json.dumps(drain["Resource"])
    for sid in ("DrainContainerInstances", "ReadClusters", "ListServices"):
        assert ":cluster/web" in json.dumps(statement(bench, sid)["Condition"]["ArnEquals"]["ecs:cluster"])


def test_target_groups_can_be_narrowed_by_name_or_by_tag(bench: Any) -> None:
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef"
    given = elbv2.ApplicationTargetGroup.from_target_group_attributes(bench.stack, "Group", target_group_arn=arn)
    InterruptionResponder(bench.stack, "ByName", props=InterruptionResponderProps(target_groups=[given]))
    InterruptionResponder(bench.stack, "ByTag", props=InterruptionResponderProps(target_group_tags={"team": "web"}))
    policies = bench.resources("AWS::IAM::Policy")
    assert bench.actions(policies, "ByName")["elasticloadbalancing:DeregisterTargets"] == [arn]
    statements = bench.named(policies, "ByTag")["PolicyDocument"]["Statement"]
    [narrowed] = [each for each in statements if each.get("Sid") == "LeaveTargetGroups"]
    assert narrowed["Condition"] == {"StringEquals": {"aws:ResourceTag/team": "web"}}


@pytest.mark.parametrize(("document", "account"), [("Farewell", True), ("AWS-RunPatchBaseline", False)])
def test_the_command_runs_where_the_tag_says(bench: Any, document: str, account: bool) -> None:
    InterruptionResponder(bench.stack, "R", props=InterruptionResponderProps(command_document=document))
    where = statement(bench, "CommandInstances")
    assert where["Condition"] == {"StringEqualsIgnoreCase": {"ssm:resourceTag/refarch:interruption-command": "true"}}
    resource = json.dumps(statement(bench, "CommandDocument")["Resource"])
    assert resource.count("AWS::AccountId") == int(account)


def test_registries_are_named(bench: Any) -> None:
    InterruptionResponder(bench.stack, "R", props=InterruptionResponderProps(services=[service(bench.stack)]))
    clean = statement(bench, "CleanRegistries")
    assert clean["Resource"]["Fn::GetAtt"][0].startswith("Members")


def test_the_function_reads_what_the_construct_writes(bench: Any) -> None:
    """No token in these props, so the settings can be read as the function reads them."""
    topic = sns.Topic.from_topic_arn(bench.stack, "Topic", "arn:aws:sns:us-east-1:123456789012:oncall")
    props = InterruptionResponderProps(
        auto_scaling_groups=[group(bench.stack)],
        tags={"team": "web"},
        topic=topic,
        on_rebalance="drain",
        command_document="Farewell",
        discover_target_groups=False,
    )
    InterruptionResponder(bench.stack, "R", props=props)
    function = bench.named(bench.resources("AWS::Lambda::Function"), "RFunction")
    parts = function["Environment"]["Variables"]["RESPONDER_SETTINGS"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "TABLE" for part in parts)
    assert Settings.from_json(text) == Settings(
        scope_tags={"team": "web"},
        scope_groups=("fleet",),
        discover_through_group=False,
        rebalance_drains=True,
        document="Farewell",
        topic="arn:aws:sns:us-east-1:123456789012:oncall",
        table="TABLE",
    )
    assert not bench.resources("AWS::SNS::Topic")


def test_hooks_wait_as_long_as_the_budget(bench: Any) -> None:
    budget = DrainBudget(deregistration_delay=40, stop_timeout=20, event_latency=15)
    groups = [group(bench.stack, name) for name in ("one", "two")]
    props = InterruptionResponderProps(auto_scaling_groups=groups, lifecycle_hooks=True, drain_budget=budget)
    InterruptionResponder(bench.stack, "R", props=props)
    hooks = bench.resources("AWS::AutoScaling::LifecycleHook").values()
    assert [(each["AutoScalingGroupName"], each["HeartbeatTimeout"], each["DefaultResult"]) for each in hooks] == [
        ("one", 75, "CONTINUE"),
        ("two", 75, "CONTINUE"),
    ]
    late = bench.named(bench.resources("AWS::CloudWatch::Alarm"), "RAnsweredLate")
    assert late["Threshold"] == 15


def test_alarms_go_to_the_topic_and_hear_their_own_metric(bench: Any) -> None:
    topic = sns.Topic.from_topic_arn(bench.stack, "Topic", "arn:aws:sns:us-east-1:123456789012:oncall")
    InterruptionResponder(bench.stack, "R", props=InterruptionResponderProps(alarm_topic=topic))
    alarms = bench.resources("AWS::CloudWatch::Alarm")
    assert len(alarms) == 3
    assert all(each["AlarmActions"] == [topic.topic_arn] for each in alarms.values())
    late = bench.named(alarms, "RAnsweredLate")
    assert late["Dimensions"] == [{"Name": "service", "Value": "Test/R"}]


def test_an_encrypted_topic_can_be_written_to(bench: Any) -> None:
    topic = sns.Topic(bench.stack, "Topic", master_key=kms.Key(bench.stack, "Key"))
    InterruptionResponder(bench.stack, "R", props=InterruptionResponderProps(topic=topic))
    assert "kms:GenerateDataKey" in bench.actions(bench.resources("AWS::IAM::Policy"), "RRole")


@pytest.mark.parametrize(("flag", "policy", "protected"), [(None, "Retain", True), ("true", "Delete", False)])
def test_the_log_goes_only_with_both_keys(new_bench: Any, flag: Any, policy: str, protected: bool) -> None:
    bench = new_bench({} if flag is None else {REMOVE_DATA_CONTEXT: flag})
    props = InterruptionResponderProps(removal_policy=RemovalPolicy.DESTROY)
    InterruptionResponder(bench.stack, "R", props=props)
    [table] = [each for each in bench.template()["Resources"].values() if each["Type"] == "AWS::DynamoDB::Table"]
    assert (table["DeletionPolicy"], table["Properties"]["DeletionProtectionEnabled"]) == (policy, protected)
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
